import type { RunSpec, TestSpec } from '../../config/job'
import type { Emit } from '../../events'
import type { RawExecResult } from '../../guest/command/request'
import type { Session } from '../../guest/session'
import type { Capture } from '../../host/files/capture'
import { systemClock } from '../../lib/clock'
import type { Captured, ExecResult } from '../../results'
import { compare, type Comparison } from '../expect'
import { keepEnd } from '../kept'
import type { LiveMachine } from '../../guest/live'
import { awaitExplanation } from '../loss'
import { outcomeOf } from '../outcome'

export interface TestContext {
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly slowdown: number // multiplies default deadlines
  readonly capture: (id: string, stream: 'stdout' | 'stderr', attempt: number) => Capture
}

// What running a test tells; the sequence adds what the declaration says.
export interface Ran {
  readonly outcome: ReturnType<typeof outcomeOf>
  readonly message?: string
  readonly interrupted?: boolean
  readonly attempts: readonly (ExecResult & { readonly matched: boolean })[]
}

const killGraceMs = 2000
// The end of a system ends its sessions a moment before the console says so.
const signalledMs = 300

export const runTest = async (test: TestSpec & { kind: 'run' }, machine: LiveMachine, context: TestContext): Promise<Ran> => {
  const attempts: (ExecResult & { readonly matched: boolean })[] = []
  let last: Comparison = { reasons: [], undecided: false }
  for (let attempt = 1; attempt <= test.retry.times + 1; attempt += 1) {
    if (attempt > 1) await systemClock.sleep(test.retry.delayMs, context.signal)
    const one = await runOnce(test, machine, context, attempt)
    last = one.comparison
    const matched = last.reasons.length === 0
    attempts.push({ ...one.result, matched })
    if (matched || one.result.kind === 'lost') break
  }
  const outcome = outcomeOf(attempts, test.xfail !== undefined, last.undecided)
  const message = messageOf(outcome, test, last.reasons)
  return { outcome, attempts, ...(message === undefined ? {} : { message }) }
}

const messageOf = (outcome: Ran['outcome'], { xfail, retry }: RunSpec, reasons: readonly string[]): string | undefined => {
  const because = xfail?.reason === undefined ? '' : ` (${xfail.reason})`
  if (outcome === 'xpassed') return `succeeded although it is expected to fail${because}`
  if (outcome === 'xfailed') return `failed as expected${because}: ${reasons.join('; ')}`
  if (outcome === 'flaky') return 'passed only on a later try'
  if (reasons.length === 0) return undefined
  return `${reasons.join('; ')}${retry.times > 0 ? ` (on each of ${retry.times + 1} tries)` : ''}`
}

const runOnce = async (
  test: TestSpec & { kind: 'run' },
  machine: LiveMachine,
  { emit, signal, slowdown, capture }: TestContext,
  attempt: number,
) => {
  const captures = { stdout: capture(test.id, 'stdout', attempt), stderr: capture(test.id, 'stderr', attempt) }
  const kept = { stdout: keepEnd(), stderr: keepEnd() }
  const session = machine.session()
  const timeoutMs = test.timeout.written ? test.timeout.ms : test.timeout.ms * slowdown
  let ended = false // a machine that is lost may print on
  const running = session.exec(
    {
      script: test.run,
      shell: shellTemplate(test.shell, session),
      ...(test.user === undefined || test.user === session.user ? {} : { as: test.user }),
      ...(test.workingDirectory === undefined ? {} : { cwd: test.workingDirectory }),
      env: test.env,
      timeoutMs,
      killGraceMs,
      onOutput: (stream, chunk) => {
        if (ended) return
        kept[stream].push(chunk)
        const text = captures[stream].push(chunk)
        if (text !== '') emit({ kind: 'output', id: test.id, stream, text })
      },
    },
    signal,
  )
  running.catch(() => undefined) // also when the machine's failure wins below
  const startedMs = systemClock.now()
  const lost = machine.failure.then((error): RawExecResult => ({
    kind: 'lost',
    cause: error.message,
    durationMs: systemClock.now() - startedMs,
  }))
  const raw = await explainLoss(await Promise.race([running, lost]), machine, signal)
  ended = true
  const end = (stream: 'stdout' | 'stderr'): Captured =>
    captures[stream].end((text) => {
      emit({ kind: 'output', id: test.id, stream, text })
    })
  const result: ExecResult = { ...raw, stdout: end('stdout'), stderr: end('stderr') }
  return { result, comparison: compare(raw, test.expect, kept.stdout.output(), kept.stderr.output(), timeoutMs) }
}

// A command that was killed because the system ends is lost with it.
const explainLoss = async (result: RawExecResult, machine: LiveMachine, signal: AbortSignal): Promise<RawExecResult> => {
  const killed = result.kind === 'signalled' || result.kind === 'unproven'
  if (killed) await systemClock.sleep(signalledMs, signal)
  if (result.kind !== 'lost' && !(killed && (machine.goingDown() || machine.failed() !== undefined))) return result
  const error = await awaitExplanation(machine, signal)
  return error === undefined ? result : { kind: 'lost', cause: error.message, durationMs: result.durationMs }
}

// GitHub's shells by GitHub's names; absent is the plainest that stops at the first failing command.
export const shellTemplate = (shell: string | undefined, { hasBash }: Pick<Session, 'hasBash'>): string => {
  if (shell === undefined) return hasBash ? 'bash -e {0}' : 'sh -e {0}'
  if (shell === 'bash') return 'bash --noprofile --norc -eo pipefail {0}'
  if (shell === 'sh') return 'sh -e {0}'
  return shell
}
