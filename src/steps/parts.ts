import type { Job } from '../config/job'
import { toJobError } from '../errors'
import type { TestResult } from '../results'
import { isGatingFailure } from './outcome'
import { runSequence, setupFailed, type SequenceRequest } from './sequence'

type Tests = Omit<SequenceRequest, 'part' | 'tests' | 'firstIndex' | 'stopAtFailure'> & { readonly job: Job }

// Setup, tests, teardown. A failed setup step keeps the tests from running; teardown always runs while there is a machine.
export const runTests = async (request: Tests): Promise<void> => {
  const { job, signal, machines } = request
  const setup: TestResult[] = []
  const onResult = (result: TestResult): void => {
    setup.push(result)
    request.onResult(result)
  }
  // What ended the job there ends the tests too, whether the step gates or not.
  const skip = await runSequence({ ...request, onResult, part: 'setup', tests: job.setup, firstIndex: 0, stopAtFailure: true }).then(
    () => (setup.some(isGatingFailure) ? setupFailed : undefined),
    toJobError,
  )
  try {
    await runSequence({
      ...request,
      part: 'tests',
      tests: job.tests,
      firstIndex: job.setup.length,
      stopAtFailure: job.failFast,
      ...(skip === undefined ? {} : { skip }),
    })
  } finally {
    const lost = [...machines.values()].some((machine) => machine.failed() !== undefined || machine.session().isLost())
    const patience = outliving(signal, teardownAfterCancelMs)
    await runSequence({
      ...request,
      signal: patience.signal,
      part: 'teardown',
      tests: job.teardown,
      firstIndex: job.setup.length + job.tests.length,
      stopAtFailure: false,
      ...(lost ? { skip: 'the machine is lost' } : {}),
    }).finally(patience.clear)
    signal.throwIfAborted()
  }
}

// The runner leaves ten seconds after a cancel; the machine's end and the report need some of them.
const teardownAfterCancelMs = 4000

// A signal that aborts so much later than another, with the same reason.
const outliving = (signal: AbortSignal, ms: number): { readonly signal: AbortSignal; readonly clear: () => void } => {
  const later = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setTimeout(() => {
      later.abort(signal.reason)
    }, ms)
  }
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return {
    signal: later.signal,
    clear: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', begin)
    },
  }
}
