import type { TestSpec } from '../config/job'
import { JobError, toJobError } from '../errors'
import { systemClock } from '../lib/clock'
import { mainTestbed, type TestResult } from '../results'
import { isGatingFailure } from './outcome'
import type { LiveMachine } from '../guest/live'
import { lostError } from './loss'
import { runTest, type Ran, type TestContext } from './kinds/run'
import { unmet } from './when'

export interface SequenceRequest extends TestContext {
  readonly part: TestResult['part']
  readonly tests: readonly TestSpec[]
  readonly firstIndex: number // of them among all of the job
  readonly machines: ReadonlyMap<string, LiveMachine>
  readonly stopAtFailure: boolean
  readonly skip?: string | JobError // why none of them may run; an error is thrown again
  readonly startMs: number // clock time of the start of the run
  readonly onResult: (result: TestResult) => void // in order, one for each test, those not run included
}

// Runs tests in their order. Throws guest-lost and what the signal says, after every test has its result.
export const runSequence = async (request: SequenceRequest): Promise<void> => {
  const { tests, part, firstIndex, emit, onResult, stopAtFailure, signal, startMs } = request
  let stopped: JobError | string | undefined = request.skip
  for (const [place, test] of tests.entries()) {
    const index = firstIndex + place
    if (signal.aborted) stopped ??= toJobError(signal.reason)
    if (stopped !== undefined) {
      onResult({ ...declared(test, index, part), outcome: 'not-run', message: notRun(stopped), durationMs: 0, attempts: [] })
      continue
    }
    const startedAtMs = systemClock.now() - startMs
    emit({ kind: 'test-started', id: test.id, name: test.name, test: test.kind, number: place + 1, of: tests.length })
    const { ran, error } = skipped(test, request) ?? (await attempt(test, request))
    const result: TestResult = {
      ...declared(test, index, part),
      ...ran,
      startedAtMs,
      durationMs: systemClock.now() - startMs - startedAtMs,
    }
    onResult(result)
    emit({ kind: 'test-finished', result })
    if (error) stopped = error
    else if (stopAtFailure && isGatingFailure(result))
      stopped = part === 'setup' ? setupFailed : 'an earlier failure stopped the job (fail-fast)'
  }
  if (stopped instanceof JobError) throw stopped
}

export const setupFailed = 'a setup step failed'

interface Attempted {
  readonly ran: Ran
  readonly error?: JobError
}

const skipped = (test: TestSpec, request: SequenceRequest): Attempted | undefined => {
  const reason = test.when && unmet(test.when, machineOf(test, request).facts)
  return reason === undefined ? undefined : { ran: { outcome: 'skipped', message: reason, attempts: [] } }
}

const machineOf = ({ machine: name }: TestSpec, { machines }: SequenceRequest): LiveMachine => {
  const machine = machines.get(name)
  if (!machine) throw new RangeError(`no machine ${name}`)
  return machine
}

const attempt = async (test: TestSpec, request: SequenceRequest): Promise<Attempted> => {
  const machine = machineOf(test, request)
  machine.setTest(test.id)
  try {
    const ran = test.kind === 'run' ? await runTest(test, machine, request) : await reboot(test, machine, request)
    const lost = ran.attempts.find((result) => result.kind === 'lost')
    return lost === undefined ? { ran } : { ran: { ...ran, interrupted: true }, error: lostError(machine, lost.cause) }
  } catch (thrown) {
    const error = toJobError(thrown)
    return { ran: { outcome: 'error', message: error.message, interrupted: true, attempts: [] }, error }
  } finally {
    machine.setTest(undefined)
  }
}

const reboot = async (test: TestSpec, machine: LiveMachine, { signal }: SequenceRequest): Promise<Ran> => {
  const refused = await machine.reboot(test.timeout.written ? test.timeout.ms : machine.bootTimeoutMs, signal)
  return refused === undefined ? { outcome: 'passed', attempts: [] } : { outcome: 'error', message: refused, attempts: [] }
}

const declared = (test: TestSpec, index: number, part: TestResult['part']) => ({
  index,
  id: test.id,
  name: test.name,
  kind: test.kind,
  part,
  machine: test.machine,
  testbed: mainTestbed,
  gating: test.gating,
  concerns: test.concerns,
  cases: [],
  ...(test.location === undefined ? {} : { location: test.location }),
  ...(test.kind === 'run' ? { command: test.run } : {}),
})

const notRun = (stopped: JobError | string): string => (typeof stopped === 'string' ? stopped : `the job ended before: ${stopped.message}`)
