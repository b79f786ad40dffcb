import type { Verdict } from './row'

export interface Judged {
  readonly expected: Verdict
  readonly reported: Verdict
}

const order: readonly Verdict[] = [
  ...([
    'passed',
    'failed',
    'config-error',
    'image-error',
    'infra-error',
    'boot-failed',
    'guest-lost',
    'timed-out',
    'cancelled',
    'none',
  ] as const),
]

// Expected verdicts down, reported ones across, as a Markdown table: right when nothing stands beside the diagonal.
export const confusionMatrix = (judged: readonly Judged[]): string => {
  const shown = order.filter((verdict) => judged.some(({ expected, reported }) => expected === verdict || reported === verdict))
  const count = (down: Verdict, across: Verdict): number =>
    judged.filter(({ expected, reported }) => expected === down && reported === across).length
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(['expected ↓ reported →', ...shown]),
    line([':--', ...shown.map(() => '--:')]),
    ...shown.map((down) => line([down, ...shown.map((across) => String(count(down, across) || (down === across ? '0' : '·')))])),
  ].join('\n')
}
