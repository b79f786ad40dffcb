import { plural } from '../../lib/wording'
import { formatBytes } from '../../lib/shown'
import { theMachine, type Captured, type RunResult, type TestResult } from '../../results'
import { code, fenced, folded, html, htmlCode, markdownText } from '../words/markdown'
import { durationText, lastLines, visible } from '../words/text'
import { isCommand, where } from './tests'
import { look, outcomeWords, why } from '../words/verdicts'

const shownInFull = 100

// Each failure with what it printed last and the command that repeats it. The first three lie open.
export const failureDetails = (failures: readonly TestResult[], { source }: RunResult, serverUrl?: string): readonly string[] => {
  const details = failures
    .slice(0, shownInFull)
    .map((test, index) => folded(title(test), body(test, source, serverUrl), index < 3 && look(test) === 'bad'))
  const more = failures.length - details.length
  return more > 0 ? [...details, `and ${plural(more, 'more failure', 'more failures')}, in results.json`] : details
}

const title = (test: TestResult): string => {
  const { name, gating } = test
  return `${gating ? '❌' : '⚠️'} ${isCommand(test) ? htmlCode(name, 120) : `<b>${html(name, 120)}</b>`} · ${html(why(test), 300)}`
}

const body = (test: TestResult, source: RunResult['source'], serverUrl?: string): string => {
  const { command, attempts, durationMs, location, concerns, replay, cases, machine } = test
  const last = attempts.at(-1)
  const facts = [
    where(location, source, serverUrl),
    ...concerns.map((concern) => `about ${where(concern, source, serverUrl)}`),
    machine === undefined || machine === theMachine ? '' : `on ${code(machine)}`,
    attempts.length > 1 ? plural(attempts.length, 'try', 'tries') : '',
    durationText(durationMs),
  ].filter((part) => part !== '')
  return [
    facts.join(' · '),
    ...(command === undefined || isCommand(test) ? [] : [fenced(command.slice(0, 4000), 'sh')]),
    ...badCases(cases),
    ...(last === undefined ? [] : [...printed('stdout', last.stdout), ...printed('stderr', last.stderr)]),
    ...(replay === undefined ? [] : [`Repeat it: ${code(replay, 1000)}`]),
  ].join('\n\n')
}

const badCases = (cases: TestResult['cases']): readonly string[] => {
  const bad = cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'error' || outcome === 'xpassed')
  if (bad.length === 0) return []
  const lines = bad
    .slice(0, 50)
    .map(
      ({ name, outcome, message }) =>
        `- ${code(name)} ${outcomeWords[outcome]}${message === undefined ? '' : `: ${markdownText(message)}`}`,
    )
  return [[...lines, ...(bad.length > 50 ? [`- and ${bad.length - 50} more`] : [])].join('\n')]
}

const printed = (name: 'stdout' | 'stderr', { tail, bytes, truncated, file }: Captured): readonly string[] => {
  const shown = lastLines(tail, { lines: 60, chars: 8000 })
  if (shown === '') return []
  const cut = truncated || shown !== visible(tail).trimEnd()
  const whole = file === undefined ? '' : `, all of it in ${code(file)}`
  return [`<sub>${name}${cut ? `, the end of ${formatBytes(bytes)}${whole}` : ''}</sub>\n\n${fenced(shown)}`]
}
