// Machines are booted until one was tested: what fails because of the host is tried afresh, and a bus on which the image has no disk is
// exchanged for another where the job allows it.
import type { Job } from '../config/job'
import { comesOfMissingRoot, missesRoot } from '../diagnosis'
import { toJobError, type JobError } from '../errors'
import type { Plan, Provider } from '../machines/provider'
import { isOpenGate } from '../steps/outcome'
import { failureBefore } from './ending'
import type { Recorder } from './recorder'
import { sameTimeout } from './same-timeout'
import type { Target } from '../machines/qemu/fit/target'

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

// Throws the error of the last attempt. No attempt follows one in which something had failed by itself: what a machine showed is not
// made good by another.
export const untilTested = async ({ job, recorder, signal, first, bootAndTest, emulated }: Attempts): Promise<void> => {
  let kind = first
  let failures = 0 // of the host
  let last: JobError | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bootAndTest(kind, attempt)
      return
    } catch (thrown) {
      const error = sameTimeout(last, toJobError(thrown))
      if (signal.aborted) throw error
      const findings = recorder.findings()
      const [bus, ...otherBuses] = kind.target.otherBuses
      const cameUp = recorder.tests().length > 0 // with this bus: what it misses after a reboot is something else
      const mayMissBus = !cameUp && (error.outcome === 'boot-failed' || error.timeout !== undefined)
      if (mayMissBus && bus !== undefined && findings.some(missesRoot)) {
        if (findings.filter(isOpenGate).some((finding) => !comesOfMissingRoot(finding))) throw error
        recorder.warn(
          `the image did not find its root at ${kind.target.bus}: a fresh machine is tried with its disk at ${bus}; \`disk-bus: ${bus}\` saves this boot`,
        )
        recorder.nextAttempt(error)
        kind = { ...kind, target: { ...kind.target, bus, otherBuses } }
        continue
      }
      if (error.outcome !== 'infra-error' || (failures += 1) >= job.bootAttempts) throw error
      if (failureBefore(error, { tests: recorder.tests(), findings }) !== undefined) throw error
      last = error
      recorder.warn(`attempt ${failures} of ${job.bootAttempts} failed because of the host: ${error.message}; a fresh machine is tried`)
      recorder.nextAttempt(error)
      if (
        kind.plan.accelerator.kind === 'kvm' &&
        job.machines.every(({ accelerator }) => accelerator === 'auto') &&
        error.stage === 'firmware'
      )
        kind = await emulated(kind)
    }
  }
}
