// A type of value in the configuration: how it is read, with every problem in its place, and how JSON Schema states it.
import type { ParsedNode } from 'yaml'
import type { YamlFile } from '../yaml/file'

export type JsonSchema = Readonly<Record<string, unknown>>

export interface Reading {
  readonly file: YamlFile
  readonly label: string // what is read, as messages call it: '`timeout`'
}

export interface Type<T> {
  readonly schema: JsonSchema
  readonly placeholder: string // what help shows in place of a value
  // Reports what is wrong and returns undefined then. Aliases have been followed.
  read(node: ParsedNode, at: Reading): T | undefined
}

export type TypeOf<X> = X extends Type<infer T> ? T : never

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because?: string }

// A type that one piece of text can hold: an input, a flag, or a scalar of a job file.
export interface Scalar<T> extends Type<T> {
  readonly expected: string // completes 'must be …'
  parse(text: string): Parsed<T>
}
