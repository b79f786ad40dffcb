import type { Problem } from '../../config/problems'
import { plural } from '../../lib/wording'
import type { Finding, Location, RunResult, TestResult } from '../../results'
import { durationText, lastLines, oneLine, visible } from '../words/text'
import { gatingFailures, look, notTheImage, openFindings, verdictWords, why } from '../words/verdicts'

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly file?: string
  readonly line?: number
  readonly endLine?: number
  readonly title: string
  readonly message: string
}

export interface AnnotationOptions {
  readonly limit?: number // of each level; the runner shows 10 of a step
  readonly problems?: readonly Problem[] // of a config-error, each with its place
}

// The runner cuts a message there (ExecutionContext.cs, _maxIssueMessageLength).
const maxMessageChars = 4096

// What a pull request shows beside its lines: the verdict unless tests explain it, findings, failures, then what failed without gating.
export const annotationsOf = (result: RunResult, { limit = 10, problems = [] }: AnnotationOptions = {}): readonly Annotation[] => {
  const findings = openFindings(result).filter(({ block }) => block !== result.excerpt) // the verdict shows that one
  const failures = gatingFailures(result)
  const warned = result.tests.filter((test) => look(test) === 'warned' && test.outcome !== 'flaky')
  const flaky = result.tests.filter(({ outcome }) => outcome === 'flaky')
  return [
    ...within(limit, [
      ...verdictAnnotations(result, problems),
      ...findings.filter(({ gating }) => gating).map((finding) => ofFinding(finding, 'error')),
      ...ofTests(failures, 'error'),
    ]),
    ...within(limit, [
      ...ofTests(warned, 'warning'),
      ...findings.filter(({ gating }) => !gating).map((finding) => ofFinding(finding, 'warning')),
    ]),
    ...within(limit, ofTests(flaky, 'notice')),
  ]
}

// Failed tests and findings speak for themselves; a run that failed without any, or ended otherwise, is told by its verdict.
const verdictAnnotations = (result: RunResult, problems: readonly Problem[]): readonly Annotation[] => {
  const { outcome, message, hint, excerpt } = result
  if (outcome === 'passed') return []
  if (outcome === 'failed' && (gatingFailures(result).length > 0 || openFindings(result).some(({ gating }) => gating))) return []
  const title = outcome === 'infra-error' ? `${verdictWords[outcome]} (${notTheImage})` : verdictWords[outcome]
  const of = (text: string, location?: Location): Annotation => ({
    level: 'error',
    ...placeOf(location),
    title,
    message: joined([visible(text)], hint, excerpt),
  })
  return problems.length > 0 ? problems.map((problem) => of(problem.message, problem.location)) : [of(message)]
}

const ofFinding = (finding: Finding, level: Annotation['level']): Annotation => {
  const { severity, rule, machine, stage, source, line, block, summary, hint } = finding
  const where = `${source} of ${oneLine(machine)}, line ${line}, at stage ${stage}`
  return { level, title: oneLine(`${severity}: ${rule}`), message: joined([visible(summary ?? ''), where], hint, block) }
}

// First each test at its own line, then, after all of them, at the lines that it is about.
const ofTests = (tests: readonly TestResult[], level: Annotation['level']): readonly Annotation[] => [
  ...tests.map((test) => ofTest(test, level, places(test)[0])),
  ...tests.flatMap((test) =>
    places(test)
      .slice(1)
      .map((location) => ofTest(test, level, location)),
  ),
]

const places = ({ location, concerns }: TestResult): readonly Location[] =>
  [...(location === undefined ? [] : [location]), ...concerns].filter(({ inCheckout }) => inCheckout)

const ofTest = (test: TestResult, level: Annotation['level'], location: Location | undefined): Annotation => {
  const { name, command, durationMs, attempts, gating } = test
  const last = attempts.at(-1)
  const head = [
    ...(command === undefined || oneLine(command) === oneLine(name) ? [] : [`$ ${visible(command).trim()}`]),
    `${oneLine(why(test), 600)} (${durationText(durationMs)}${gating ? '' : ', does not gate'})`,
  ]
  const output = [last?.stdout.tail, last?.stderr.tail].map((text) => visible(text ?? '').trim()).filter((text) => text !== '')
  return {
    level,
    ...placeOf(location),
    title: oneLine(name),
    message: joined(head, undefined, level === 'notice' ? '' : output.join('\n')),
  }
}

// Head and hint whole, as far as that goes, and the end of the output in what room is left.
const joined = (head: readonly string[], hint = '', output = ''): string => {
  const room = 1500
  const cut = (text: string): string => (text.length > room ? `${text.slice(0, room)}…` : text)
  const start = [...head, visible(hint)]
    .filter((part) => part !== '')
    .map(cut)
    .join('\n')
  const end = lastLines(output, { lines: 30, chars: Math.max(maxMessageChars - start.length - 2, 2) })
  return (end === '' ? start : `${start}\n\n${end}`).slice(0, maxMessageChars)
}

// A place outside the checkout would be shown nowhere.
const placeOf = (location: Location | undefined): Pick<Annotation, 'file' | 'line' | 'endLine'> =>
  location?.inCheckout
    ? { file: location.file, line: location.line, ...(location.endLine === undefined ? {} : { endLine: location.endLine }) }
    : {}

// Past the limit the last place says how many there are more.
const within = (limit: number, annotations: readonly Annotation[]): readonly Annotation[] => {
  if (annotations.length <= limit || limit < 1) return annotations.slice(0, Math.max(limit, 0))
  const shown = annotations.slice(0, limit - 1)
  const [{ level }] = annotations as [Annotation]
  const more = annotations.length - shown.length
  return [...shown, { level, title: `and ${more} more`, message: `${plural(more, level)} more: see the job summary.` }]
}
