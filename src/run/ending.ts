// How a job ends that an error ended.
import type { JobError, JobOutcome } from '../errors'
import type { Finding, TestResult } from '../results'
import { countTests, failureOf, isGatingFailure, isOpenGate } from '../steps/outcome'

interface Seen {
  readonly tests: readonly TestResult[]
  readonly findings: readonly Finding[]
}

// What had failed by itself before the error, in a sentence. What the error itself did to a test is none of it, nor what shows on the console
// because of it: a fault of the host that ended the machine brings others about, and the end of a guest is told by the error already.
export const failureBefore = ({ outcome, excerpt }: JobError, { tests, findings }: Seen): string | undefined => {
  const host = findings.findIndex(
    ({ hostCaused, block }) => hostCaused === true && excerpt?.startsWith(block.split('\n')[0] ?? '') === true,
  )
  const before = host < 0 ? findings : findings.slice(0, host)
  const isReason = ({ block }: Finding): boolean => outcome !== 'infra-error' && block === excerpt
  return failureOf(
    tests.filter((test) => isGatingFailure(test) && test.interrupted !== true),
    before.filter((finding) => isOpenGate(finding) && !isReason(finding)),
    countTests(tests).total,
  )
}

export interface JobEnd {
  readonly outcome: JobOutcome
  readonly message: string
  readonly error?: JobError
}

// A failure, once seen, is never taken back: a fault of the host after it changes nothing, and what else ended the job tells it too.
export const endingOf = (error: JobError, seen: Seen): JobEnd => {
  const { outcome, message } = error
  const failure = failureBefore(error, seen)
  if (failure === undefined) return { outcome, message, error }
  switch (outcome) {
    case 'infra-error':
      return { outcome: 'failed', message: `${failure}; after that the host failed: ${message}` }
    case 'guest-lost':
    case 'timed-out':
    case 'cancelled':
      return { outcome, message: `${message}; before that, ${failure}`, error }
    case 'boot-failed':
    case 'config-error':
    case 'image-error':
      return { outcome, message, error }
  }
}
