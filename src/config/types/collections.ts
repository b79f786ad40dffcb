// Types made of other types.
import { isMap, isScalar, isSeq } from 'yaml'
import { describeNode, scalarText, spanOf } from '../yaml/file'
import type { Location } from '../../results'
import { quote } from '../../lib/wording'
import { entriesOf } from './mapping'
import type { Scalar, Type } from './type'
import { mustBe, reportWrong } from './wrong'

interface ListRules {
  readonly atLeastOne?: boolean
  readonly atMost?: number // items; what comes after them is not read
}

// A list; items that are wrong are reported and left out. `each` is what messages call one of them.
export const list = <T>(item: Type<T>, each: string, { atLeastOne = false, atMost = Infinity }: ListRules = {}): Type<readonly T[]> => ({
  placeholder: '[…]',
  schema: {
    type: 'array',
    items: item.schema,
    ...(atLeastOne ? { minItems: 1 } : {}),
    ...(atMost === Infinity ? {} : { maxItems: atMost }),
  },
  read: (node, reading) => {
    if (!isSeq(node)) {
      reportWrong(reading, node, 'a list, each item on a line that starts with `- `')
      return undefined
    }
    const { file, label } = reading
    if (atLeastOne && node.items.length === 0) file.report(spanOf(node), `${label} is an empty list; it needs at least ${each}`)
    if (node.items.length > atMost) file.report(spanOf(node), `${label} has ${node.items.length} items, and ${atMost} are the most`)
    return node.items.slice(0, atMost).flatMap((written) => {
      const target = file.follow(written)
      const read = target === undefined ? undefined : item.read(target, { file, label: each })
      return read === undefined ? [] : [read]
    })
  },
})

// A single item where a list of one would do.
export const oneOrMany = <T>(item: Type<T>, each: string): Type<readonly T[]> => {
  const many = list(item, each, { atLeastOne: true })
  return {
    placeholder: item.placeholder,
    schema: { anyOf: [item.schema, many.schema] },
    read: (node, reading) => {
      if (isSeq(node)) return many.read(node, reading)
      const one = item.read(node, reading)
      return one === undefined ? undefined : [one]
    },
  }
}

// A short form in a scalar and a long form in a mapping.
export const shortOrLong = <S, L>(short: Scalar<S>, long: Type<L>, fromShort: (value: S) => L | undefined): Type<L> => ({
  placeholder: short.placeholder,
  schema: { anyOf: [short.schema, long.schema] },
  read: (node, reading) => {
    if (isMap(node)) return long.read(node, reading)
    const value = short.read(node, reading)
    return value === undefined ? undefined : fromShort(value)
  },
})

export interface Located<T> {
  readonly value: T
  readonly location?: Location // absent only for inline tests that have no place in a file
}

// A value together with its place.
export const located = <T>(type: Type<T>): Type<Located<T>> => ({
  placeholder: type.placeholder,
  schema: type.schema,
  read: (node, reading) => {
    const value = type.read(node, reading)
    return value === undefined ? undefined : { value, location: reading.file.locate(spanOf(node)) }
  },
})

// A kernel takes no environment of any size, and each test has a copy.
const mostNames = 500

const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/

// Names and values of environment variables. Numbers and booleans become text as GitHub makes it: 1.10 is 1.1, True is true, nothing is ''.
export const environment: Type<Readonly<Record<string, string>>> = {
  placeholder: '{NAME: value}',
  schema: {
    type: 'object',
    propertyNames: { pattern: environmentName.source },
    maxProperties: mostNames,
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  },
  read: (node, reading) => {
    if (!isMap(node)) {
      reportWrong(reading, node, 'a mapping of names and values')
      return undefined
    }
    const { file } = reading
    const values = new Map<string, string>()
    if (node.items.length > mostNames) {
      file.report(spanOf(node), `${reading.label} has ${node.items.length} variables, and ${mostNames} are the most`)
      return undefined
    }
    for (const { name, key, value } of entriesOf(node, file)) {
      const target = value === null ? null : file.follow(value)
      if (!environmentName.test(name)) {
        file.report(spanOf(key), `${quote(name)} cannot be the name of an environment variable; use letters, digits and _`)
      } else if (values.has(name)) {
        file.report(spanOf(key), `${quote(name)} is there twice; remove one`)
      } else if (target !== undefined) {
        const isText = target === null || (isScalar(target) && !scalarText(target).includes('\0'))
        if (!isText) file.report(spanOf(target), `${quote(name)} ${mustBe('a text', describeNode(target))}`)
        values.set(name, isScalar(target) ? environmentText(target.value) : '')
      }
    }
    return Object.fromEntries(values)
  },
}

const environmentText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
