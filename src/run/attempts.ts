// Machines are booted until one was tested: what fails because of the host is tried afresh, and what was chosen for the image and does not
// fit it is exchanged.
import type { Job } from '../config/job'
import { toJobError, type JobError } from '../errors'
import type { Plan } from '../machines/provider'
import { isOpenGate } from '../steps/outcome'
import { failureBefore } from './ending'
import type { Recorder } from './recorder'
import { sameTimeout } from './same-timeout'

export interface Attempts {
  readonly job: Job
  readonly recorder: Recorder
  readonly signal: AbortSignal
  readonly first: Plan
  readonly bootAndTest: (plan: Plan, attempt: number) => Promise<void>
}

// Throws the error of the last attempt. No attempt follows one in which something had failed by itself: what a machine showed is not
// made good by another.
export const untilTested = async ({ job, recorder, signal, first, bootAndTest }: Attempts): Promise<void> => {
  let plan = first
  let failures = 0 // of the host
  let last: JobError | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bootAndTest(plan, attempt)
      return
    } catch (thrown) {
      const error = sameTimeout(last, toJobError(thrown))
      if (signal.aborted) throw error
      const findings = recorder.findings()
      const other = plan.next({ error, findings, cameUp: recorder.tests().length > 0 })
      if (other?.instead) {
        const { why, explains } = other.instead
        if (findings.filter(isOpenGate).some((finding) => !explains(finding))) throw error
        recorder.warn(why)
        recorder.nextAttempt(error)
        plan = other.plan
        continue
      }
      if (error.outcome !== 'infra-error' || (failures += 1) >= job.bootAttempts) throw error
      if (failureBefore(error, { tests: recorder.tests(), findings }) !== undefined) throw error
      last = error
      recorder.warn(`attempt ${failures} of ${job.bootAttempts} failed because of the host: ${error.message}; a fresh machine is tried`)
      recorder.nextAttempt(error)
      if (other) plan = other.plan
    }
  }
}
