// The words and marks of every verdict and outcome, the same in all reports.
import type { JobOutcome } from '../../errors'
import type { Accelerator, BootResult, Finding, RunResult, TestOutcome, TestResult } from '../../results'
import { isBad, isGatingFailure } from '../../steps/outcome'

export const verdictWords: Readonly<Record<JobOutcome, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  'config-error': 'Configuration error',
  'image-error': 'Image error',
  'boot-failed': 'Boot failed',
  'guest-lost': 'Guest lost',
  'infra-error': 'Infrastructure error',
  'timed-out': 'Timed out',
  cancelled: 'Cancelled',
}

// What a title adds, so that nobody looks for the fault in the image.
export const notTheImage = 'infrastructure, not the image: re-run'

export type Look = 'good' | 'bad' | 'warned' | 'quiet'

export const look = (test: TestResult): Look => {
  if (isBad(test)) return isGatingFailure(test) ? 'bad' : 'warned'
  if (test.outcome === 'flaky') return 'warned'
  return test.outcome === 'skipped' || test.outcome === 'not-run' ? 'quiet' : 'good'
}

export const outcomeWords: Readonly<Record<TestOutcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  xfailed: 'failed as expected',
  xpassed: 'passed although it must fail',
  flaky: 'flaky',
  skipped: 'skipped',
  'not-run': 'not run',
  error: 'error',
}

const worst: Readonly<Record<Finding['severity'], number>> = { fatal: 0, error: 1, 'suspect-host': 2, warn: 3 }

// Those that were not ignored, gating ones first, then by severity, then by time.
export const openFindings = ({ findings }: Pick<RunResult, 'findings'>): readonly Finding[] =>
  findings
    .filter(({ ignored }) => ignored === undefined)
    .toSorted((a, b) => Number(b.gating) - Number(a.gating) || worst[a.severity] - worst[b.severity] || a.atMs - b.atMs)

export const gatingFailures = ({ tests }: Pick<RunResult, 'tests'>): readonly TestResult[] => tests.filter(isGatingFailure)

// Counts for people: flaky and xfailed are as good as passed (job.md §4).
export const tally = ({ counts }: Pick<RunResult, 'counts'>) => ({
  passed: counts.passed + counts.flaky + counts.xfailed,
  failed: counts.failed + counts.xpassed + counts.error,
})

// The boot whose time the report tells: the first machine's first that became ready, reboots left aside. One that rebooted itself on the way took the
// time of all its boots.
export const bootMs = ({ machines }: Pick<RunResult, 'machines'>): number | undefined => {
  const boots = machines[0]?.boots ?? []
  const boot = boots.find(({ outcome, reason }) => outcome === 'ready' && (reason === 'first' || reason === 'retry'))
  const ready = boot?.stages.findLast(({ stage }) => stage === 'ready')
  const from = boots.find(({ attempt, reason }) => attempt === boot?.attempt && reason === boot.reason)
  return from && ready ? ready.atMs - powerOnMs(from) : undefined
}

// How the first machine ran.
export const acceleratorKind = ({ machines }: Pick<RunResult, 'machines'>): Accelerator['kind'] => machines[0]?.accelerator.kind ?? 'none'

// What a boot's times count from.
export const powerOnMs = ({ poweredOnAtMs, startedAtMs }: BootResult): number => poweredOnAtMs ?? startedAtMs

// How the last try of a test ended: 'exit 3', 'killed by SIGSEGV', 'timed out'.
export const ending = ({ attempts }: Pick<TestResult, 'attempts'>): string | undefined => {
  const last = attempts.at(-1)
  switch (last?.kind) {
    case undefined:
      return undefined
    case 'exited':
      return `exit ${last.code}`
    case 'signalled':
      return `killed by ${last.signal}`
    case 'unproven':
      return 'its end is not proven'
    case 'timed-out':
      return last.killed ? 'timed out and was killed' : 'timed out and could not be killed'
    case 'not-started':
      return 'could not be started'
    case 'lost':
      return 'the machine was lost'
  }
}

// Why a test's outcome is what it is, in a sentence; empty for one that passed. Its message says so itself where it failed, was expected to,
// or passed only at last.
export const why = (test: TestResult): string => {
  const { outcome, message } = test
  const said = message ?? ending(test)
  switch (outcome) {
    case 'passed':
      return ''
    case 'failed':
    case 'xfailed':
    case 'xpassed':
    case 'flaky':
      return said ?? outcomeWords[outcome]
    case 'skipped':
    case 'not-run':
    case 'error':
      return said === undefined ? outcomeWords[outcome] : `${outcomeWords[outcome]}: ${said}`
  }
}
