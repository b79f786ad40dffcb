import type { BootResult, RunResult } from '../../results'
import { fenced, folded, html, markdownText } from '../words/markdown'
import { durationText, measured } from '../words/text'
import { timeline } from './bars'
import { powerOnMs, verdictWords } from '../words/verdicts'

// The boots that were waited for: the last one open, those before and the reboots folded.
export const bootTimelines = (result: RunResult): readonly string[] => {
  const several = result.machines.length > 1
  const drawn = result.machines
    .flatMap(({ name, boots }) =>
      boots.map((boot) => ({ boot, name: several ? `${name}, ` : '', bars: timeline(boot, endOf(boot, result)) })),
    )
    .filter(({ bars }) => bars !== '')
    .slice(0, 20)
  if (drawn.length === 0) return []
  const main = drawn.findLast(({ boot }) => boot.reason === 'first' || boot.reason === 'retry') ?? drawn[0]
  const phases = result.phases.map(({ phase, durationMs }) => `${phase} ${durationText(durationMs)}`).join(' · ')
  return [
    '### Boot',
    ...drawn.map(({ boot, name, bars }) =>
      boot === main?.boot
        ? `${markdownText(name + titleOf(boot))}\n\n${fenced(bars)}`
        : folded(html(name + titleOf(boot), titleChars), fenced(bars)),
    ),
    `<sub>The run: ${phases}</sub>`,
  ]
}

const titleChars = 600

const endOf = ({ startedAtMs }: BootResult, { phases }: RunResult): number | undefined => {
  const phase = phases.find(
    (candidate) => candidate.startedAtMs <= startedAtMs && startedAtMs < candidate.startedAtMs + candidate.durationMs,
  )
  return phase && phase.startedAtMs + phase.durationMs
}

const reasons: Readonly<Record<BootResult['reason'], string>> = {
  first: 'First boot',
  retry: 'Another attempt',
  reboot: 'Reboot',
  fresh: 'Fresh machine',
  restore: 'Restored copy',
}

const titleOf = (boot: BootResult): string => {
  const { reason, attempt, outcome, stages, message } = boot
  const what = `${reasons[reason]}${reason === 'retry' ? ` (${attempt})` : ''}`
  const last = stages.at(-1)
  if (outcome === 'ready' && last) return `${what}: ready after ${measured(last.atMs - powerOnMs(boot))}`
  return `${what}: ${outcome === 'ready' || outcome === 'rebooted' ? outcome : verdictWords[outcome].toLowerCase()}${message === undefined ? '' : `, ${message}`}`
}
