import type { GuestSource } from './output'
import { visible } from '../words/text'

// Puts together lines from the pieces of many streams, made harmless and bounded in length. A line is given out when its end comes.
export const guestLines = (maxChars = 4096) => {
  const pending = new Map<string, string>()
  const shown = ({ gutter }: GuestSource, line: string): readonly string[] =>
    visible(line)
      .split('\n')
      .map((row) => gutter + row)
  return {
    push: (text: string, source: GuestSource): readonly string[] => {
      const parts = ((pending.get(source.key) ?? '') + text).split('\n').flatMap((part) => pieces(part, maxChars))
      pending.set(source.key, parts.pop() ?? '')
      return parts.flatMap((part) => shown(source, part))
    },
    end: (source: GuestSource): readonly string[] => {
      const rest = pending.get(source.key) ?? ''
      pending.delete(source.key)
      return rest === '' ? [] : shown(source, rest)
    },
  }
}

const pieces = (line: string, maxChars: number): readonly string[] => {
  if (line.length <= maxChars) return [line]
  return Array.from({ length: Math.ceil(line.length / maxChars) }, (_, n) => line.slice(n * maxChars, (n + 1) * maxChars))
}
