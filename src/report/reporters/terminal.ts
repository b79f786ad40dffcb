import { plural } from '../../lib/wording'
import type { Finding, RunResult, TestResult } from '../../results'
import type { Colours } from '../stdout/colours'
import { endOfAttempt, shownBefore } from '../words/earlier-attempts'
import type { Output } from '../stdout/output'
import type { Reporter } from '../reporter'
import { durationText, lastLines, measured, oneLine } from '../words/text'
import { acceleratorKind, bootMs, gatingFailures, look, notTheImage, openFindings, tally, verdictWords, why } from '../words/verdicts'

const shownFailures = 50

// The last lines of a run, on a terminal and in a runner's log: the verdict, a line for each failure, counts, where the report lies.
export const finalText = (
  result: RunResult,
  { reportDir, colours }: { readonly reportDir: string | undefined; readonly colours: Colours },
): string => {
  const { outcome, message, hint, excerpt, replay } = result
  const { bold, dim, green, red, yellow } = colours
  const paint = outcome === 'passed' ? green : outcome === 'infra-error' || outcome === 'cancelled' ? yellow : red
  const failures = gatingFailures(result)
  const warned = result.tests.filter((test) => look(test) === 'warned' && test.outcome !== 'flaky')
  const findings = openFindings(result).filter(({ gating, block }) => gating && block !== excerpt)
  const infra = outcome === 'infra-error' ? ` (${notTheImage})` : ''
  return [
    `${paint(bold(`${verdictWords[outcome]}${infra}:`))} ${lastLines(message, { lines: 60, chars: 8000 })}`,
    ...(hint === undefined ? [] : [`  ${lastLines(hint, { lines: 5, chars: 1000 })}`]),
    ...(excerpt === undefined ? [] : ['', ...quoted(excerpt)]),
    ...failures.slice(0, shownFailures).map((test) => `  ${red('✗')} ${failureLine(test, colours)}`),
    ...(failures.length > shownFailures ? [`    and ${failures.length - shownFailures} more`] : []),
    ...findings.slice(0, 10).map((finding) => `  ${red('✗')} ${findingLine(finding)}`),
    ...warned.slice(0, 10).map((test) => `  ${yellow('!')} ${failureLine(test, colours)}`),
    ...result.attempts.map((attempt, index) => `  ${yellow('!')} attempt ${index + 1}: ${endOfAttempt(attempt)}  ${shownBefore(attempt)}`),
    '',
    countsLine(result),
    ...(reportDir === undefined ? [] : [`${dim('report')}  ${reportDir}`]),
    ...(replay === undefined ? [] : [`${dim('again')}   ${oneLine(replay, 2000)}`]),
  ].join('\n')
}

const quoted = (excerpt: string): readonly string[] =>
  lastLines(excerpt, { lines: 20, chars: 4000 })
    .split('\n')
    .map((line) => ` ┆ ${line}`)

const findingLine = ({ severity, rule, source, line, summary }: Finding): string =>
  `${severity}: ${oneLine(rule)}${summary === undefined ? '' : `: ${oneLine(summary)}`}  ${source} line ${line}`

const failureLine = (test: TestResult, { dim }: Colours): string => {
  const { name, location } = test
  const place = location === undefined ? '' : `  ${dim(`${oneLine(location.file)}:${location.line}`)}`
  return `${oneLine(name)}  ${oneLine(why(test), 400)}${place}`
}

const countsLine = (result: RunResult): string => {
  const { counts, durationMs } = result
  const { passed, failed } = tally(result)
  const of = (count: number, words: string): string => (count === 0 ? '' : `${count} ${words}`)
  const bootTime = bootMs(result)
  const tests = [
    `${passed} passed`,
    of(failed, 'failed'),
    of(counts.warned, 'failed without gating'),
    of(counts.flaky, 'flaky'),
    of(counts.skipped, 'skipped'),
    of(counts['not-run'], 'not run'),
  ]
  return [
    counts.total === 0 ? 'no test ran' : `${plural(counts.total, 'test')}: ${tests.filter((part) => part !== '').join(', ')}`,
    bootTime === undefined ? '' : `ready after ${measured(bootTime)} (${acceleratorKind(result).toUpperCase()})`,
    durationMs < 1000 ? '' : `${durationText(durationMs)} in all`,
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

export const finalReporter = (output: Output, reportDir: string | undefined): Reporter => ({
  onEnd: (result) => {
    output.close()
    output.line(`\n${finalText(result, { reportDir, colours: output.colours })}`)
  },
})
