import { stripControls } from '../lib/lines'
import type { ConsoleReading } from './read-console'

// What a console tells, for a person at a terminal.
export const renderReading = ({ stage, findings, ended, sentence, hint, excerpt, verdict }: ConsoleReading): string =>
  [
    `${verdict ?? 'healthy'}: ${sentence}`,
    ...(hint === '' ? [] : [hint]),
    '',
    `last stage: ${stage}`,
    ...(verdict === undefined
      ? []
      : [`a boot ends: ${ended === 'deadline' ? 'at its deadline' : `at line ${ended.line}, by ${ended.rule}`}`]),
    ...findings.map(({ line, severity, rule, summary }) => `line ${line}: ${severity} ${rule}: ${summary ?? ''}`),
    ...(excerpt === '' ? [] : ['', ...excerpt.split('\n').map((text) => `  ${text}`)]),
  ]
    .map(stripControls)
    .join('\n')
