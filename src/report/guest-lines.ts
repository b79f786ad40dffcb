import type { GuestSource } from './output'
import { visible } from './text'

// Puts together lines from the pieces of many streams, made harmless and bounded in length. A line is passed on when its end comes.
export const guestLines = (onLine: (line: string) => void, maxChars = 4096) => {
  const pending = new Map<string, string>()
  const emit = ({ gutter }: GuestSource, line: string): void => {
    for (const row of visible(line).split('\n')) onLine(gutter + row)
  }
  return {
    push: (text: string, source: GuestSource): void => {
      const parts = ((pending.get(source.key) ?? '') + text).split('\n')
      let last = parts.pop() ?? ''
      for (const part of parts) for (const piece of pieces(part, maxChars)) emit(source, piece)
      for (; last.length > maxChars; last = last.slice(maxChars)) emit(source, last.slice(0, maxChars))
      pending.set(source.key, last)
    },
    end: (source: GuestSource): void => {
      const rest = pending.get(source.key) ?? ''
      pending.delete(source.key)
      if (rest !== '') emit(source, rest)
    },
  }
}

const pieces = (line: string, maxChars: number): readonly string[] => {
  if (line.length <= maxChars) return [line]
  return Array.from({ length: Math.ceil(line.length / maxChars) }, (_, n) => line.slice(n * maxChars, (n + 1) * maxChars))
}
