// Machines are booted until one was tested: what fails because of the host is tried afresh, and what this kind of machine lacks is given to
// the next.
import type { Job } from '../config/job'
import { toJobError } from '../errors'
import type { Plan, Provider } from '../machines/provider'
import { NoDiskError } from './boot'
import type { Recorder } from './recorder'
import { nextBus, type Target } from './target'

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
  let failures = 0 // of the host
  const buses = [first.target.bus]
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bootAndTest(kind, attempt)
      return
    } catch (thrown) {
      const error = toJobError(thrown)
      if (signal.aborted) throw error
      const { target, plan } = kind
      const bus = error instanceof NoDiskError && job.machines[0]?.hardware.diskBus === 'auto' ? nextBus(target, buses) : undefined
      if (bus !== undefined) {
        const why = `the image has no driver for its disk on ${target.bus}`
        recorder.warn(`${why}: a fresh machine is tried with ${bus}; \`disk-bus: ${bus}\` saves the first`)
        recorder.setFindingsAside(why)
        buses.push(bus)
        kind = { ...kind, target: { ...target, bus } }
        continue
      }
      if (error.outcome !== 'infra-error' || (failures += 1) >= job.bootAttempts) throw error
      recorder.warn(`attempt ${failures} of ${job.bootAttempts} failed because of the host: ${error.message}; a fresh machine is tried`)
      recorder.restartTests()
      if (plan.accelerator.kind === 'kvm' && job.accelerator === 'auto' && error.stage === 'firmware') kind = await emulated(kind)
    }
  }
}
