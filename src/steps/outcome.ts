import type { JobOutcome } from '../errors'
import type { RawExecResult } from '../guest/command/request'
import type { Counts, Finding, TestOutcome, TestResult } from '../results'
import { testOutcomes } from '../results'

export interface AttemptFacts {
  readonly matched: boolean
  readonly kind: RawExecResult['kind']
}

// The outcome of a test by its attempts, in order. Only an end that its transport proves is one that can be right, or wrong as expected. A
// hang is not the expected refusal, so a timeout fails also under xfail. undecided: nobody can tell whether the last one was right.
export const outcomeOf = (attempts: readonly AttemptFacts[], xfail: boolean, undecided = false): TestOutcome => {
  const last = attempts.at(-1)
  if (last?.kind === 'timed-out') return 'failed'
  if (last?.kind !== 'exited') return 'error'
  if (xfail) return last.matched ? 'xpassed' : undecided ? 'error' : 'xfailed'
  if (!last.matched) return 'failed'
  return attempts.length > 1 ? 'flaky' : 'passed'
}

const bad: ReadonlySet<TestOutcome> = new Set(['failed', 'xpassed', 'error'])
const good: ReadonlySet<TestOutcome> = new Set(['passed', 'xfailed', 'flaky'])
const uncounted: ReadonlySet<TestResult['kind']> = new Set(['upload', 'download'])

export const isBad = ({ outcome }: Pick<TestResult, 'outcome'>): boolean => bad.has(outcome)

// A failure that decides the job. A lost guest always gates.
export const isGatingFailure = (test: TestResult): boolean =>
  isBad(test) && (test.gating || test.attempts.some(({ kind }) => kind === 'lost'))

export const countTests = (tests: readonly TestResult[]): Counts => {
  const counted = tests.filter(({ kind, part }) => part === 'tests' && !uncounted.has(kind))
  const of = (outcome: TestOutcome): number => counted.filter((test) => test.outcome === outcome && !(isBad(test) && !test.gating)).length
  return {
    ...(Object.fromEntries(testOutcomes.map((outcome) => [outcome, of(outcome)])) as Record<TestOutcome, number>),
    warned: counted.filter((test) => isBad(test) && !test.gating).length,
    total: counted.length,
  }
}

export interface Verdict {
  readonly outcome: Extract<JobOutcome, 'passed' | 'failed'>
  readonly message: string
}

// What decided that a job failed, in a sentence; undefined where nothing did.
export const failureOf = (failures: readonly TestResult[], gatingFindings: readonly Finding[], total: number): string | undefined => {
  const [first] = failures
  const [finding] = gatingFindings
  const setup = failures.find(({ part }) => part === 'setup')
  if (setup) return `the setup step “${setup.name}” failed: ${setup.message ?? ''}`
  if (first) {
    const others = failures.length > 1 ? `, and ${failures.length - 1} more` : ''
    return `${failures.length} of ${total} tests failed: “${first.name}” ${first.message ?? ''}${others}`
  }
  if (finding) {
    const shown = gatingFindings.length > 1 ? `${gatingFindings.length} findings that gate` : 'a finding that gates'
    return `the ${finding.source} shows ${shown}: ${finding.rule}`
  }
  return undefined
}

export const isOpenGate = ({ gating, ignored }: Pick<Finding, 'gating' | 'ignored'>): boolean => gating && ignored === undefined

// The verdict of a job whose machines stayed with us to the end.
export const verdictOf = (tests: readonly TestResult[], findings: readonly Finding[]): Verdict => {
  const gated = tests.filter(({ part, gating, outcome, kind }) => part === 'tests' && gating && good.has(outcome) && !uncounted.has(kind))
  const counts = countTests(tests)
  const failure = failureOf(tests.filter(isGatingFailure), findings.filter(isOpenGate), counts.total)
  if (failure !== undefined) return { outcome: 'failed', message: failure }
  if (gated.length === 0) return { outcome: 'failed', message: 'nothing that gates ran' }
  return { outcome: 'passed', message: passed(counts) }
}

const passed = (counts: Counts): string => {
  const also = [
    counts.skipped > 0 ? `${counts.skipped} skipped` : '',
    counts.flaky > 0 ? `${counts.flaky} flaky` : '',
    counts.xfailed > 0 ? `${counts.xfailed} failed as expected` : '',
    counts.warned > 0 ? `${counts.warned} non-gating failed` : '',
  ].filter((part) => part !== '')
  const good = counts.passed + counts.flaky + counts.xfailed
  return `${good} test${good === 1 ? '' : 's'} passed${also.length > 0 ? ` (${also.join(', ')})` : ''}`
}
