// A mapping with a fixed set of keys. Reads all of it, whatever is wrong with one part.
import { isMap, isScalar, type ParsedNode, type YAMLMap } from 'yaml'
import { describeNode, scalarText, spanOf } from '../yaml/file'
import { didYouMean, nearestWord, quote } from '../../lib/wording'
import type { Span } from '../yaml/syntax'
import type { JsonSchema, Reading, Type } from './type'
import { reportWrong } from './wrong'

export interface Field<T> {
  readonly type: Type<T>
  readonly description: string // sentences, the default not among them
  readonly default?: string // as one would write it
}

export type Fields = Readonly<Record<string, Field<unknown>>>

// What was read. A key that is absent, or whose value was wrong, is absent.
export type Values<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never }

export interface Given<F extends Fields> {
  readonly values: Values<F>
  readonly has: (key: keyof F) => boolean // also when its value is wrong
  readonly report: (key: keyof F | undefined, message: string) => void // undefined: the mapping as a whole
}

interface Rules<F extends Fields, R extends keyof F> {
  readonly required?: readonly R[]
  readonly check?: (given: Given<F>) => void // what the keys mean to each other
  readonly schema?: JsonSchema // the same for JSON Schema, as far as it can say so
}

export interface Mapping<F extends Fields, T> extends Type<T> {
  readonly fields: F
}

type Complete<F extends Fields, R extends keyof F> = Omit<Values<F>, R> & Required<Pick<Values<F>, R>>

// A mapping type; read returns undefined when it is no mapping or lacks a required key.
export const mapping = <const F extends Fields, const R extends keyof F & string = never>(
  fields: F,
  { required = [], check, schema = {} }: Rules<F, R> = {},
): Mapping<F, Complete<F, R>> => ({
  fields,
  placeholder: '{…}',
  schema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, fieldSchema(field)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...schema,
  },
  read: (node, reading) => {
    if (!isMap(node)) {
      reportWrong(reading, node, `a mapping of ${keyList(fields)}`)
      return undefined
    }
    const { values, spans, unknown } = readKeys(node, fields, reading)
    for (const key of required) {
      if (!spans.has(key) && !unknown.some((word) => nearestWord(word, [key]) === key))
        reading.file.report(spanOf(node), `${reading.label} needs the key \`${key}\``)
    }
    check?.({
      values,
      has: (key) => spans.has(String(key)) || unknown.some((word) => nearestWord(word, [String(key)]) !== undefined),
      report: (key, message) => {
        reading.file.report((key === undefined ? undefined : spans.get(String(key))) ?? spanOf(node), message)
      },
    })
    return isComplete(values, required) ? values : undefined
  },
})

const isComplete = <F extends Fields, R extends keyof F>(values: Values<F>, required: readonly R[]): values is Complete<F, R> =>
  required.every((key) => values[key] !== undefined)

const readKeys = <F extends Fields>(node: YAMLMap.Parsed, fields: F, { file }: Reading) => {
  const values: Record<string, unknown> = {}
  const spans = new Map<string, Span>()
  const unknown: string[] = []
  for (const { name, key, value } of entriesOf(node, file)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    const first = spans.get(name)
    if (first !== undefined) {
      file.report(spanOf(key), `${quote(name)} is there twice, first in line ${file.locate(first).line}; remove one`)
    } else if (field === undefined) {
      unknown.push(name)
      file.report(
        spanOf(key),
        `unknown key ${quote(name)}${name === '<<' ? '; write the keys out, YAML 1.2 has no merge key' : didYouMean(name, Object.keys(fields))}`,
      )
    } else {
      spans.set(name, spanOf(key))
      const target = value === null ? undefined : file.follow(value)
      if (value === null) file.report(spanOf(key), `${quote(name)} has no value`)
      const read = target === undefined ? undefined : field.type.read(target, { file, label: quote(name) })
      if (read !== undefined) values[name] = read
    }
  }
  return { values: values as Values<F>, spans, unknown }
}

// The keys of a mapping as texts, each with its node and its value's. Reports keys that are no text.
export const entriesOf = (node: YAMLMap.Parsed, file: Reading['file']) =>
  node.items.flatMap(({ key, value }: { readonly key: ParsedNode; readonly value: ParsedNode | null }) => {
    const target = file.follow(key)
    if (target !== undefined && isScalar(target)) return [{ name: scalarText(target), key, value }]
    if (target !== undefined) file.report(spanOf(key), `a key must be a text, not ${describeNode(target)}`)
    return []
  })

const keyList = (fields: Fields): string => {
  const keys = Object.keys(fields).map((key) => `\`${key}\``)
  return keys.length > 6 ? `keys such as ${keys.slice(0, 3).join(', ')}` : keys.join(', ')
}

// The schema of one key: its type's, its description, and the default as the value it stands for.
export const fieldSchema = (field: Field<unknown>): JsonSchema => {
  const { type } = field.type.schema
  const written = field.default
  const value = written === undefined || (type !== 'integer' && type !== 'boolean') ? written : (JSON.parse(written) as unknown)
  return { description: field.description, ...field.type.schema, ...(value === undefined ? {} : { default: value }) }
}
