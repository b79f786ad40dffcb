import type { Stage } from '../../errors'
import { panicHint } from './panics'
import type { Rule } from '../rules'
import { bareMessage } from '../same'
import { unitHint } from './unit-hints'
import { unitNames } from './unit-names'

const maxDetailChars = 200

// One sentence of ours about a block, with the guest's own words where they tell why.
export const summaryOf = (rule: Rule, first: string, block: string): string => {
  const told = toldBy(rule, first)
  const why = rule.blame && firstMatch(block, rule.blame)
  return why === undefined || told.includes(clean(why)) ? told : `${told}, after “${clean(why)}”`
}

// Without what led to it.
export const toldBy = ({ start, quote, what }: Rule, first: string): string => {
  const said = quote ? first : start.exec(first)?.slice(1).find(Boolean)
  return said === undefined ? what : `${what}: ${clean(said)}`
}

// The words of the console that tell of a cause.
export const causeWords = ({ start, quote, blame }: Rule, block: string): string => {
  const why = blame && firstMatch(block, blame)
  if (why !== undefined) return clean(why)
  const main = block.split('\n').find((line) => start.test(line)) ?? ''
  return clean((quote ? undefined : start.exec(main)?.slice(1).find(Boolean)) ?? main)
}

export const hintOf = ({ id, todo, todoInInitrd, voice }: Rule, block: string, stage: Stage): string => {
  if (id === 'kernel-panic') return panicHint(block) ?? todo
  return (voice ? unitHint(block) : undefined) ?? (stage === 'initrd' ? todoInInitrd : undefined) ?? todo
}

const firstMatch = (block: string, pattern: RegExp): string | undefined => {
  for (const line of block.split('\n')) {
    const match = pattern.exec(line)
    if (match) return match.slice(1).find(Boolean) ?? line
  }
  return undefined
}

// Words of the guest, for a sentence of ours.
export const clean = (words: string): string => {
  const text = unitNames(bareMessage(words)).replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  return text.length > maxDetailChars ? `${text.slice(0, maxDetailChars)}…` : text
}
