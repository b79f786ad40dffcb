import type { Stage } from '../errors'
import type { Severity } from '../results'
import type { Rule } from './rules'
import { sameMessage } from './same'
import { voiceOf, type Voice } from './voices'

export interface BlockStart {
  readonly rule: Rule
  readonly severity: Severity
  readonly deadly: boolean
  readonly first: string // its first line
  readonly line: number
  readonly atMs: number
  readonly stage: Stage
  readonly test: string | undefined
  readonly before: readonly string[] // the console's last lines
}

export interface Block extends BlockStart {
  // Takes a line when it belongs to the block; `other` is the rule that the line itself meets.
  take(text: string, other: Rule | undefined): boolean
  readonly ended: boolean
  readonly voice: Voice | undefined // what the program of a unit said of its failure
  text(unfinished?: string): string // with what led to it, and with what stands on the console's last line if that belongs to it
  own(unfinished?: string): string // from its first line on
}

// What belongs to one finding: what led to it, its first line, and what follows until its end.
export const openBlock = (start: BlockStart): Block => {
  const { rule, severity, deadly, first } = start
  const lines = [first]
  let ended = rule.maxLines <= 1 || rule.end?.test(first) === true
  // What a busy host does must not hide a fault of the kernel that comes in its trace, which has no end of its own.
  const isGraver = (other: Rule): boolean => other.severity === 'error' && (severity === 'suspect-host' || severity === 'warn')
  const belongs = (text: string, other: Rule | undefined): boolean => {
    if (sameMessage(first, text)) return true
    if (rule.goesOn) return rule.goesOn.test(text)
    return deadly || other === undefined || other === rule || (rule.trace === true && other.trace === true && !isGraver(other))
  }
  const own = (unfinished = ''): readonly string[] => {
    const last = deadly && !ended && unfinished.trim() !== '' && unfinished !== first && belongs(unfinished, undefined) ? [unfinished] : []
    return cut([...lines, ...last], maxBytes)
  }
  return {
    ...start,
    take(text, other) {
      if (ended || !belongs(text, other)) return false
      lines.push(text)
      ended = lines.length >= rule.maxLines || rule.end?.test(text) === true
      return true
    },
    get voice() {
      return rule.voice ? voiceOf(first, lines, start.before) : undefined
    },
    get ended() {
      return ended
    },
    own: (unfinished) => own(unfinished).join('\n'),
    text: (unfinished) => {
      const block = own(unfinished)
      return [
        ...cut(
          [...contextOf(start, rule.voice ? voiceOf(first, lines, start.before) : undefined)].reverse(),
          Math.min(maxContextBytes, maxBytes - size(block)),
        ).reverse(),
        ...block,
      ].join('\n')
    },
  }
}

const maxBytes = 16 * 1024
const maxContextBytes = 6 * 1024
const maxLineChars = 1024 // a block is for reading

// The lines before that led to it: from the earliest that the rule knows as such, else the last eight for what ends the machine.
const contextOf = ({ rule, deadly, before }: BlockStart, voice: Voice | undefined): readonly string[] => {
  if (voice !== undefined) return before.slice(before.indexOf(voice.from))
  const first = before.findIndex((text) => rule.before?.test(text))
  return first === -1 ? (deadly ? before.slice(-8) : []) : before.slice(first)
}

// As many of the first lines as there is room for, long ones shortened.
const cut = (lines: readonly string[], bytes: number): string[] => {
  const kept: string[] = []
  let left = bytes
  for (const line of lines) {
    const shown = line.length > maxLineChars ? `${line.slice(0, maxLineChars)} …` : line
    left -= size([shown])
    if (left < 0) break
    kept.push(shown)
  }
  return kept
}

const size = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
