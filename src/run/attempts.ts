// Machines are booted until one was tested: what fails because of the host is tried afresh.
import type { Job } from '../config/job'
import { toJobError } from '../errors'
import type { Plan, Provider } from '../machines/provider'
import type { Recorder } from './recorder'
import type { Target } from './target'

export interface Kind {
  readonly target: Target
  readonly provider: Provider
  readonly plan: Plan
}

export interface Attempts {
  readonly job: Job
  readonly recorder: Recorder
  readonly signal: AbortSignal
  readonly first: Kind
  readonly bootAndTest: (kind: Kind, attempt: number) => Promise<void>
  readonly emulated: (kind: Kind) => Promise<Kind> // the same machine without KVM
}

// Throws the error of the last attempt.
export const untilTested = async ({ job, recorder, signal, first, bootAndTest, emulated }: Attempts): Promise<void> => {
  let kind = first
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bootAndTest(kind, attempt)
      return
    } catch (thrown) {
      const error = toJobError(thrown)
      if (signal.aborted) throw error
      if (error.outcome !== 'infra-error' || attempt >= job.bootAttempts) throw error
      recorder.warn(`attempt ${attempt} of ${job.bootAttempts} failed because of the host: ${error.message}; a fresh machine is tried`)
      recorder.restartTests()
      if (kind.plan.accelerator.kind === 'kvm' && job.accelerator === 'auto' && error.stage === 'firmware') kind = await emulated(kind)
    }
  }
}
