import { plural } from '../../lib/wording'
import type { AttemptResult, Finding, TestResult } from '../../results'
import { countTests } from '../../steps/outcome'
import { fenced, folded, html, markdownText } from './markdown'
import { oneLine } from './text'
import { look, openFindings, tally, verdictWords, why } from './verdicts'

// What a machine showed that had to be replaced, in few words: '3 passed, 1 failed without gating, 2 findings'.
export const shownBefore = (attempt: AttemptResult): string => {
  const counts = countTests(attempt.tests)
  const { passed, failed } = tally({ counts })
  const words = [
    passed === 0 ? '' : `${passed} passed`,
    counts.warned === 0 ? '' : `${counts.warned} failed without gating`,
    failed === 0 ? '' : `${failed} interrupted`,
    openFindings(attempt).length === 0 ? '' : plural(openFindings(attempt).length, 'finding'),
  ].filter((part) => part !== '')
  return words.length === 0 ? 'no test ran' : words.join(', ')
}

export const endOfAttempt = ({ outcome, message }: AttemptResult): string =>
  `${verdictWords[outcome].toLowerCase()}, ${oneLine(message, 400)}`

// For the job summary: each of them folded, with what did not pass there.
export const earlierAttempts = (attempts: readonly AttemptResult[]): readonly string[] =>
  attempts.length === 0
    ? []
    : [
        '### Earlier machines',
        ...attempts.slice(0, 20).map((attempt, index) => {
          const title = `Attempt ${index + 1}: ${endOfAttempt(attempt)} · ${shownBefore(attempt)}`
          return folded(html(title, 600), details(attempt).join('\n\n'))
        }),
      ]

const details = (attempt: AttemptResult): readonly string[] => {
  const tests = attempt.tests.filter((test) => look(test) !== 'good' && test.outcome !== 'not-run' && test.outcome !== 'skipped')
  const findings = openFindings(attempt)
  return [
    'What it showed decides nothing: another machine took its place.',
    ...(tests.length === 0 ? [] : [tests.slice(0, 50).map(testLine).join('\n')]),
    ...findings.slice(0, 20).map(findingBlock),
    ...(tests.length > 50 || findings.length > 20 ? ['The rest is in results.json.'] : []),
  ]
}

const testLine = (test: TestResult): string => `- ${markdownText(test.name, 120)}: ${markdownText(why(test), 300)}`

const findingBlock = ({ severity, rule, summary, block }: Finding): string =>
  `**${severity}** ${markdownText(summary ?? rule)}\n\n${fenced(block.slice(0, 2000))}`
