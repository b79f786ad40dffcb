// How a configuration's own words appear in messages.
import { editDistance } from './edit-distance'
import { stripControls } from './lines'

// What somebody wrote, short and on one line, between backquotes.
export const quote = (text: string, maxChars = 60): string => {
  const line = stripControls(text.trim().replace(/\s+/g, ' ')).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return `\`${line.length > maxChars ? `${line.slice(0, maxChars)}…` : line}\``
}

// 'a, b or c'
export const alternatives = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.slice(-1).join('')}`

// '1 test', '2 tests'
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

// '; did you mean `tests`?' when a known word is close to the unknown one, else nothing.
export const didYouMean = (word: string, known: readonly string[], mark = (name: string): string => `\`${name}\``): string => {
  const nearest = nearestWord(word, known)
  return nearest === undefined ? '' : `; did you mean ${mark(nearest)}?`
}

// The known word that a typing error, another spelling (failFast, fail_fast) or a longer form (timeout-minutes) most likely meant.
export const nearestWord = (word: string, known: readonly string[]): string | undefined => {
  const spelled = word
    .slice(0, 60)
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll('_', '-')
  const ranked = known
    .map((name) => ({ name, distance: spelled.startsWith(`${name}-`) ? 1 : editDistance(spelled, name) }))
    .filter(({ name, distance }) => distance <= tolerance(Math.max(name.length, spelled.length)))
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.name
}

// Two letters are not enough to guess from: GitHub's `if` is not a misspelt `id`.
const tolerance = (length: number): number => (length < 3 ? 0 : length < 5 ? 1 : length < 9 ? 2 : 3)
