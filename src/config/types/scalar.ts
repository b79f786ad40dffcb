// The scalar types that do not belong to images or tests in particular.
import { isScalar } from 'yaml'
import { scalarText, spanOf } from '../yaml/file'
import { alternatives, didYouMean } from '../../lib/wording'
import type { JsonSchema, Parsed, Scalar } from './type'
import { reportWrong } from './wrong'

interface Definition<T> {
  readonly expected: string
  readonly placeholder: string
  readonly schema: JsonSchema
  readonly native?: 'number' | 'boolean' // in a job file it must be one of YAML's, not a text that looks like one
  readonly parse: (text: string) => Parsed<T>
}

export const refused: Parsed<never> = { ok: false }
export const accepted = <T>(value: T): Parsed<T> => ({ ok: true, value })

export const scalar = <T>({ expected, placeholder, schema, native, parse }: Definition<T>): Scalar<T> => ({
  expected,
  placeholder,
  schema,
  parse,
  read: (node, reading) => {
    // `run: ~` and `run: null` are nothing to YAML, and no command.
    if (!isScalar(node) || node.value === null) {
      reportWrong(reading, node, expected)
      return undefined
    }
    const written = scalarText(node)
    if (written.includes('\0')) {
      reading.file.report(spanOf(node), `${reading.label} holds a NUL character, which no command and no file name can have; remove it`)
      return undefined
    }
    const parsed = parse(written)
    if (!parsed.ok) {
      reportWrong(reading, node, expected, parsed.because)
      return undefined
    }
    if (native === undefined || typeof node.value === native) return parsed.value
    reading.file.report(spanOf(node), `${reading.label} must be written without quotes: ${written}`)
    return undefined
  },
})

// Numbers and booleans stand for their text, as written, so that `run: true` and `stdout: 1.10` mean what they say.
const textual = ['string', 'number', 'boolean'] as const

// Any text, also an empty one.
export const text = (expected = 'a text'): Scalar<string> =>
  scalar({
    expected,
    placeholder: 'TEXT',
    schema: { type: textual },
    parse: (written) => (written.includes('\0') ? refused : accepted(written)),
  })

// A text of several lines that must hold something; kept as it is.
export const script = (expected: string, placeholder: string): Scalar<string> =>
  scalar({
    expected,
    placeholder,
    schema: { type: textual, pattern: '\\S' },
    parse: (written) => (written.trim() === '' || written.includes('\0') ? refused : accepted(written.replaceAll('\r\n', '\n'))),
  })

// One line with something on it, without the blanks around it.
export const line = (expected: string, placeholder: string): Scalar<string> =>
  scalar({
    expected: `${expected} on one line`,
    placeholder,
    schema: { type: textual, pattern: '\\S' },
    // eslint-disable-next-line no-control-regex -- they have no place in a name or a path
    parse: (written) => (written.trim() === '' || /[\0-\x1f\x7f]/.test(written.trim()) ? refused : accepted(written.trim())),
  })

export const matching = (expected: string, placeholder: string, pattern: RegExp): Scalar<string> =>
  scalar({
    expected,
    placeholder,
    schema: { type: 'string', pattern: pattern.source },
    parse: (written) => (pattern.test(written) ? accepted(written) : refused),
  })

export const wholeNumber = (from: number, to: number): Scalar<number> =>
  scalar({
    expected: `a whole number from ${from} to ${to}`,
    placeholder: 'NUMBER',
    schema: { type: 'integer', minimum: from, maximum: to },
    native: 'number',
    parse: (written) => {
      const value = /^\d{1,9}$/.test(written) ? Number(written) : NaN
      return value >= from && value <= to ? accepted(value) : refused
    },
  })

export const boolean: Scalar<boolean> = scalar({
  expected: 'true or false',
  placeholder: '',
  schema: { type: 'boolean' },
  native: 'boolean',
  parse: (written) =>
    /^(true|True|TRUE)$/.test(written) ? accepted(true) : /^(false|False|FALSE)$/.test(written) ? accepted(false) : refused,
})

export const choice = <const Word extends string>(...words: readonly Word[]): Scalar<Word> =>
  scalar({
    expected: alternatives(words),
    placeholder: words.join('|'),
    schema: { enum: words },
    parse: (written) => {
      const word = words.find((candidate) => candidate === written)
      if (word !== undefined) return accepted(word)
      const guess = didYouMean(written, words, (name) => name).replace(/^; /, '')
      return guess === '' ? refused : { ok: false, because: guess }
    },
  })

// The value of a default in the table.
export const defaultOf = <T>({ type, default: written }: { readonly type: Scalar<T>; readonly default: string }): T => {
  const parsed = type.parse(written)
  if (!parsed.ok) throw new Error(`the default ${written} must be ${type.expected}`)
  return parsed.value
}
