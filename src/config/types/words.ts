// Types of an input that hold several words.
import { accepted, refused, scalar } from './scalar'
import type { Parsed, Scalar } from './type'

// Names of variables with commas, blanks or line ends between them.
export const variableNames: Scalar<readonly string[]> = scalar({
  expected: 'names of environment variables with commas or blanks between them',
  placeholder: 'NAMES',
  schema: { type: 'string' },
  parse: (written) => {
    const names = written.split(/[\s,]+/).filter((name) => name !== '')
    return names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) ? accepted([...new Set(names)]) : refused
  },
})

// Arguments as a shell would split them: blanks separate, quotes and backslashes keep together. Nothing is expanded.
export const shellWords: Scalar<readonly string[]> = scalar({
  expected: 'arguments with blanks between them and balanced quotes',
  placeholder: 'ARGUMENTS',
  schema: { type: 'string' },
  parse: (written) => splitWords(written),
})

const splitWords = (written: string): Parsed<readonly string[]> => {
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/y
  const words: string[] = []
  let word: string | undefined
  while (piece.lastIndex < written.length) {
    const match = piece.exec(written)
    if (match === null) return refused
    const [, single, double, escaped, plain] = match
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain
    if (part !== undefined) word = (word ?? '') + part
    else if (word !== undefined) words.push(word)
    if (part === undefined) word = undefined
  }
  return accepted(word === undefined ? words : [...words, word])
}
