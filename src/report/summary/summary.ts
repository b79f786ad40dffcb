import { plural } from '../../lib/wording'
import type { RunResult } from '../../results'
import { earlierAttempts } from '../words/earlier-attempts'
import { code, fenced, folded, markdownText } from '../words/markdown'
import { imageFactsTable, seedFiles } from './facts'
import { failureDetails } from './failures'
import { testsTable } from './tests'
import { bootTimelines } from './timeline'
import { durationText, measured } from '../words/text'
import { acceleratorKind, bootMs, gatingFailures, look, notTheImage, openFindings, tally, verdictWords } from '../words/verdicts'

export interface SummaryOptions {
  readonly budgetBytes?: number
  readonly serverUrl?: string // of GitHub, for links to lines of the checkout
}

// Above 1 MiB the runner drops the whole summary.
export const summaryBudgetBytes = 900 * 1024

// The job summary: the verdict first, then what was tested and how it went. Within the budget whatever a run did; what does not fit is
// counted.
export const renderSummary = (result: RunResult, { budgetBytes = summaryBudgetBytes, serverUrl }: SummaryOptions = {}): string => {
  const warned = result.tests.filter((test) => look(test) === 'warned' && test.outcome !== 'flaky')
  return fit(budgetBytes, [
    { parts: verdict(result) },
    { parts: failureDetails(gatingFailures(result), result, serverUrl), yields: true },
    { parts: testsTable(result, serverUrl) },
    { parts: failureDetails(warned, result, serverUrl), yields: true },
    { parts: findings(result), yields: true },
    { parts: warnings(result) },
    { parts: earlierAttempts(result.attempts), yields: true },
    { parts: bootTimelines(result) },
    { parts: imageFactsTable(result) },
    { parts: seedFiles(result) },
    { parts: footer(result) },
  ])
}

interface Section {
  readonly parts: readonly string[]
  readonly yields?: boolean // takes the room that the others leave
}

// Of a section that does not fit whole, the parts that do.
const fit = (budgetBytes: number, sections: readonly Section[]): string => {
  let left = budgetBytes - 200 // for the note at the end
  const taken = sections.map(({ parts }) => parts.map(() => false))
  const take = (yielding: boolean): void => {
    sections.forEach(({ parts, yields = false }, section) => {
      if (yields !== yielding) return
      taken[section] = parts.map((part) => {
        const bytes = Buffer.byteLength(part) + 2
        const fits = bytes <= left
        if (fits) left -= bytes
        return fits
      })
    })
  }
  take(false)
  take(true)
  const parts = sections.flatMap((section) => section.parts)
  const shown = sections.flatMap((section, index) => section.parts.filter((_, part) => taken[index]?.[part]))
  const omitted = parts.length - shown.length
  const note = omitted === 0 ? [] : [`_${plural(omitted, 'part')} did not fit here: everything is in results.json of the report folder._`]
  return `${[...shown, ...note].join('\n\n')}\n`
}

const marks = { passed: '✅', failed: '❌', cancelled: '⚪' } as const

const verdict = (result: RunResult): readonly string[] => {
  const { outcome, message, hint, excerpt, title } = result
  const mark = outcome === 'passed' || outcome === 'cancelled' ? marks[outcome] : outcome === 'infra-error' ? '⚠️' : marks.failed
  const words = outcome === 'infra-error' ? `${verdictWords[outcome]} (${notTheImage})` : verdictWords[outcome]
  return [
    `## ${mark} ${words} · ${markdownText(title, 120)}`,
    sentences(message),
    ...(hint === undefined ? [] : [`> ${markdownText(hint, 1200)}`]),
    ...(excerpt === undefined ? [] : [fenced(excerpt.slice(0, 8000))]),
    countsLine(result),
  ]
}

// Every problem of a configuration stands on a line of its own.
const sentences = (message: string): string => {
  const [first = '', ...others] = message.split('\n').filter((line) => line.trim() !== '')
  const listed = others.slice(0, 100).map((line) => `- ${markdownText(line)}`)
  return [markdownText(first, 1200), ...(listed.length === 0 ? [] : [listed.join('\n')])].join('\n\n')
}

const countsLine = (result: RunResult): string => {
  const { counts, durationMs } = result
  const { passed, failed } = tally(result)
  const bootTime = bootMs(result)
  const of = (count: number, words: string): string => (count === 0 ? '' : `${count} ${words}`)
  const also = [of(counts.flaky, 'flaky'), of(counts.xfailed, 'failed as expected')].filter((part) => part !== '').join(', ')
  const tests = [
    `${passed} passed${also === '' ? '' : ` (${also})`}`,
    of(failed, 'failed'),
    of(counts.warned, 'failed without gating'),
    of(counts.skipped, 'skipped'),
    of(counts['not-run'], 'not run'),
  ].filter((part) => part !== '')
  return [
    counts.total === 0 ? 'No test ran' : `**${plural(counts.total, 'test')}**: ${tests.join(', ')}`,
    bootTime === undefined ? '' : `ready after **${measured(bootTime)}**${acceleratorKind(result) === 'tcg' ? ' (emulated)' : ''}`,
    durationMs < 1000 ? '' : `**${durationText(durationMs)}** in all`,
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

const findings = (result: RunResult): readonly string[] => {
  const open = openFindings(result)
  const ignored = result.findings.filter((finding) => finding.ignored !== undefined)
  if (result.findings.length === 0) return []
  const shown = open.slice(0, 50).map((finding) => {
    const { severity, rule, machine, source, line, stage, gating, block, summary, hint } = finding
    const where = `${source} line ${line}${result.machines.length > 1 ? ` of ${markdownText(machine)}` : ''}, at stage ${stage}`
    const heading = [
      `${gating ? '❌' : '⚠️'} **${severity}** ${code(rule)}`,
      ...(summary === undefined ? [] : [markdownText(summary)]),
      where,
    ]
    return [
      `${heading.join(' · ')}${gating ? '' : ' · does not gate'}`,
      ...(hint === undefined || hint === result.hint ? [] : [`> ${markdownText(hint)}`]),
      ...(block.trim() === result.excerpt?.trim() ? [] : [fenced(block.slice(0, 4000))]), // it stands at the top already
    ].join('\n\n')
  })
  return [
    '### Findings',
    ...shown,
    ...(open.length > shown.length ? [`and ${open.length - shown.length} more, in results.json`] : []),
    ...(ignored.length === 0
      ? []
      : [
          folded(
            `${plural(ignored.length, 'finding')} ignored, as the job says`,
            ignored
              .slice(0, 50)
              .map((finding) => `- ${code(finding.rule)}, line ${finding.line}: ${markdownText(finding.ignored ?? '')}`)
              .join('\n'),
          ),
        ]),
  ]
}

const warnings = ({ warnings, cleanup }: RunResult): readonly string[] => {
  const all = [...warnings, ...cleanup.left.map((left) => `could not be removed: ${left}`)]
  return all.length === 0
    ? []
    : [
        '### Warnings',
        [...new Set(all)]
          .slice(0, 50)
          .map((warning) => `- ${markdownText(warning)}`)
          .join('\n'),
      ]
}

const footer = ({ tool, replay, source }: RunResult): readonly string[] => [
  ...(replay === undefined ? [] : [`**Repeat it elsewhere:**\n\n${fenced(replay, 'sh')}`]),
  `<sub>image-test ${markdownText(tool.version)}${tool.qemu === undefined ? '' : `, QEMU ${markdownText(tool.qemu)}`}, Node ${markdownText(tool.node)}${source.jobSha256 === '' ? '' : ` · job ${code(source.jobSha256.slice(0, 12))}`}</sub>`,
]
