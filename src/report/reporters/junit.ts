import { theMachine, type RunResult, type TestOutcome, type TestResult } from '../../results'
import { endOfAttempt, shownBefore } from '../words/earlier-attempts'
import { attributes, xmlText } from '../words/xml'
import { lastLines } from '../words/text'
import { acceleratorKind, gatingFailures, look, openFindings, outcomeWords, why } from '../words/verdicts'

// One testcase of the report.
interface Case {
  readonly name: string
  readonly classname: string
  readonly durationMs: number
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly verdict?: {
    readonly tag: 'failure' | 'error' | 'skipped'
    readonly type?: string
    readonly message: string
    readonly text?: string
  }
  readonly printed?: TestResult // whose output it shows
}

// junit.xml in pieces. Every test is a testcase, of a suite every case. What does not gate is `skipped`, with the reason, since every
// reader of JUnit fails on a failure. A run that ended otherwise than by its tests has one more testcase that says so: an empty file
// would look green.
export function* junit(result: RunResult): Generator<string> {
  const suites = [
    { name: 'image-test', cases: [...runCases(result)] },
    ...(['setup', 'tests', 'teardown'] as const).map((part) => ({
      name: part,
      cases: result.tests.filter((test) => test.part === part).flatMap((test) => testCases(test)),
    })),
  ].filter(({ cases }) => cases.length > 0)
  yield '<?xml version="1.0" encoding="UTF-8"?>\n'
  yield `<testsuites${attributes({ name: result.title, ...totals(suites.flatMap(({ cases }) => cases)), time: seconds(result.durationMs) })}>\n`
  for (const { name, cases } of suites) {
    const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0))
    yield `  <testsuite${attributes({ name, ...totals(cases), time, timestamp: result.startedAt })}>\n${properties(result)}`
    for (const one of cases) yield testcase(one)
    yield '  </testsuite>\n'
  }
  yield '</testsuites>\n'
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

const totals = (cases: readonly Case[]) => {
  const of = (tag: NonNullable<Case['verdict']>['tag']): number => cases.filter(({ verdict }) => verdict?.tag === tag).length
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') }
}

// A test counts once: of earlier machines there are only properties, since readers add up every testcase.
const properties = (result: RunResult): string => {
  const { machines, outcome, attempts } = result
  const ofMachines = machines.flatMap(({ name, image, arch, firmware }) => {
    const prefix = machines.length === 1 ? '' : `${name}.`
    const facts = { image: image.url ?? image.asked, sha256: image.sha256 ?? '', arch, firmware }
    return Object.entries(facts).map(([key, value]) => ({ name: prefix + key, value }))
  })
  const earlier = attempts.map((attempt, index) => ({
    name: `attempt.${index + 1}`,
    value: `${endOfAttempt(attempt)} (${shownBefore(attempt)})`,
  }))
  const all = [{ name: 'verdict', value: outcome }, { name: 'accelerator', value: acceleratorKind(result) }, ...ofMachines, ...earlier]
  const lines = all.map((property) => `      <property${attributes(property)}/>\n`)
  return `    <properties>\n${lines.join('')}    </properties>\n`
}

const testcase = ({ name, classname, durationMs, file, line, verdict, printed }: Case): string => {
  const output = printed === undefined ? '' : outputOf(printed)
  const open = `    <testcase${attributes({ name, classname, file, line, time: seconds(durationMs) })}`
  if (verdict === undefined && output === '') return `${open}/>\n`
  const { tag, type, message, text } = verdict ?? {}
  const inner = [
    ...(tag === undefined
      ? []
      : [`      <${tag}${attributes({ message, type })}${text === undefined ? '/>' : `>${xmlText(text)}</${tag}>`}\n`]),
    ...(output === '' ? [] : [`      <system-out>${xmlText(output)}</system-out>\n`]),
  ]
  return `${open}>\n${inner.join('')}    </testcase>\n`
}

// What no test tells: that the machine did not come up or was lost, findings that gate, that nothing that gates ran.
function* runCases(result: RunResult): Generator<Case> {
  const { outcome, message, hint, excerpt } = result
  const gating = openFindings(result).filter((finding) => finding.gating && (outcome === 'failed' || finding.block !== excerpt))
  const explained = outcome === 'failed' && (gatingFailures(result).length > 0 || gating.length > 0)
  if (outcome !== 'passed' && !explained) {
    const text = [hint, excerpt].filter((part) => part !== undefined).join('\n\n')
    yield { name: 'boot', classname: 'image-test', durationMs: 0, verdict: { tag: 'error', type: outcome, message, text } }
  }
  if (!listsFindings.has(outcome)) return
  for (const { rule, severity, block, source, line, summary } of gating) {
    const told = `${severity}: ${summary ?? rule}, ${source} line ${line}`
    yield {
      name: `finding ${rule}`,
      classname: 'image-test',
      durationMs: 0,
      verdict: { tag: 'failure', type: severity, message: told, text: block },
    }
  }
}

// Verdicts beside which a finding that gates counts for itself; to the others it is the reason.
const listsFindings: ReadonlySet<RunResult['outcome']> = new Set(['failed', 'guest-lost', 'timed-out', 'cancelled'])

const tags: Readonly<Partial<Record<TestOutcome, 'failure' | 'error' | 'skipped'>>> = {
  failed: 'failure',
  xpassed: 'failure',
  error: 'error',
  skipped: 'skipped',
  'not-run': 'skipped',
}

const verdictOf = (outcome: TestOutcome, message: string, gates: boolean): Pick<Case, 'verdict'> => {
  const tag = tags[outcome]
  if (tag === undefined) return {}
  if (tag === 'skipped' || gates) return { verdict: { tag, type: outcome, message } }
  return { verdict: { tag: 'skipped', message: `does not gate: ${message}` } }
}

const testCases = (test: TestResult): readonly Case[] => {
  const { name, machine, location, durationMs, outcome, message, cases } = test
  const gates = look(test) !== 'warned'
  const place = { file: location?.file, line: location?.line }
  const whole: Case = {
    name,
    classname: machine === undefined || machine === theMachine ? test.part : `${test.part}.${machine}`,
    durationMs,
    ...place,
    ...verdictOf(outcome, message ?? why(test), gates),
    printed: test,
  }
  if (cases.length === 0) return [whole]
  const each = cases.map((one): Case => ({
    name: one.name,
    classname: name,
    durationMs: one.durationMs,
    ...(one.location === undefined ? place : { file: one.location.file, line: one.location.line }),
    ...verdictOf(one.outcome, one.message ?? outcomeWords[one.outcome], gates),
  }))
  // A suite that failed although none of its cases did, as one that was cut off, must show too.
  const explained = whole.verdict === undefined || each.some(({ verdict }) => verdict?.tag === whole.verdict?.tag)
  return explained ? each : [...each, whole]
}

// Enough of a good test's output to see what it did; of another, all that the model keeps.
const outputOf = (test: TestResult): string => {
  const last = test.attempts.at(-1)
  const room = look(test) === 'good' ? { lines: 20, chars: 1000 } : { lines: 400, chars: 16_000 }
  return (['stdout', 'stderr'] as const)
    .map((stream) => ({ stream, text: lastLines(last?.[stream].tail ?? '', room) }))
    .filter(({ text }) => text !== '')
    .map(({ stream, text }) => `${stream}:\n${text}`)
    .join('\n')
}
