import type { Stage } from '../../errors'
import type { BootResult } from '../../results'
import { powerOnMs } from '../words/verdicts'

const width = 44
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

// The stages of a boot as bars of text, which look the same everywhere. A bar lasts from when its stage was reached until the next one
// was; the last one's, of a boot that did not get ready, until the boot was given up.
export const timeline = (boot: BootResult, endAtMs?: number): string => {
  const { stages, outcome } = boot
  const startMs = powerOnMs(boot)
  const reached = firstTimes(stages)
  const last = reached.at(-1)
  if (!last) return ''
  const ready = outcome === 'ready'
  const endMs = Math.max(last.atMs, startMs, ready ? last.atMs : (endAtMs ?? last.atMs)) - startMs
  const perCell = Math.max(endMs, 1) / width
  // The console may say its first word before it is told that the CPUs run.
  const sinceStart = (atMs: number): number => Math.max(atMs - startMs, 0)
  const rows = reached.map(({ stage, atMs }, index) => {
    const fromMs = sinceStart(atMs)
    const toMs = sinceStart(reached[index + 1]?.atMs ?? endMs + startMs)
    const isLast = index === reached.length - 1
    const bar = isLast && ready ? '◆' : `${cells((toMs - fromMs) / perCell)}${isLast ? '✗' : ''}`
    const cell = isLast && ready ? width : Math.min(Math.floor(fromMs / perCell), width - 1)
    const took = isLast && ready ? '' : ` ${seconds(toMs - fromMs)}`
    return `${stage.padEnd(10)} ${seconds(fromMs).padStart(9)}  ${' '.repeat(cell)}${bar}${took}`
  })
  return rows.join('\n')
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const cells = (length: number): string => {
  const whole = Math.floor(length)
  const bar = '█'.repeat(whole) + (eighths[Math.floor((length - whole) * 8)] ?? '')
  return bar === '' ? '▏' : bar
}

// A stage counts from when it was first reached; what came before the boot itself (another boot's) does not belong to it.
const firstTimes = (stages: BootResult['stages']): BootResult['stages'] => {
  const seen = new Set<Stage>()
  return stages.filter(({ stage }) => !seen.has(stage) && seen.add(stage)).toSorted((a, b) => a.atMs - b.atMs)
}
