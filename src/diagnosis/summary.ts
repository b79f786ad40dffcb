import { panicHint } from './panics'
import type { Rule } from './rules'
import { bareMessage } from './same'

const maxDetailChars = 200

// One sentence of ours about a block, with the guest's own words where they tell why.
export const summaryOf = ({ start, quote, blame, what }: Rule, first: string, block: string): string => {
  const said = quote ? first : start.exec(first)?.slice(1).find(Boolean)
  if (said !== undefined) return `${what}: ${clean(said)}`
  const why = blame && firstMatch(block, blame)
  return why === undefined ? what : `${what}, after “${clean(why)}”`
}

export const hintOf = ({ id, todo }: Rule, block: string): string => (id === 'kernel-panic' ? (panicHint(block) ?? todo) : todo)

const firstMatch = (block: string, pattern: RegExp): string | undefined => {
  for (const line of block.split('\n')) {
    const match = pattern.exec(line)
    if (match) return match.slice(1).find(Boolean) ?? line
  }
  return undefined
}

// Words of the guest, for a sentence of ours.
export const clean = (words: string): string => {
  const text = bareMessage(words).replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  return text.length > maxDetailChars ? `${text.slice(0, maxDetailChars)}…` : text
}
