import { alternatives, didYouMean, quote } from '../../lib/wording'
import { JobError } from '../../errors'
import { printable } from '../../lib/shown'
import { readArchitecture, type Architecture } from '../../lib/architecture'

export const queryKeys = ['variant', 'format', 'arch', 'provider', 'version'] as const
export type QueryKey = (typeof queryKeys)[number]

// fedora:44?format=raw
export interface Name {
  readonly source: string // before the colon
  readonly release: string // after it: 44, latest, fedora/41-cloud-base, the address of a compose
  readonly query: Query
  readonly shown: string // as it was written, for messages
}

export type Query = { readonly [K in Exclude<QueryKey, 'arch'>]?: string } & { readonly arch?: Architecture }

interface Grammar {
  readonly name: string
  readonly takes: readonly QueryKey[]
}

// Reads what begins with the name of one of the sources and a colon; undefined for everything else, such as a path.
// config-error: its query asks for what the source does not know.
export const parseName = <T extends Grammar>(text: string, sources: readonly T[]): { name: Name; source: T } | undefined => {
  const colon = text.indexOf(':')
  const source = sources.find(({ name }) => name === text.slice(0, colon).toLowerCase())
  if (source === undefined || text.startsWith('//', colon + 1)) return undefined
  const question = text.indexOf('?')
  const release = text.slice(colon + 1, question === -1 ? undefined : question)
  // What is no name's query may be somebody's password, so it is shown only once it has been read.
  const bare = shownName(`${source.name}:${release}`)
  if (release === '') throw new JobError('config-error', `${bare} does not say which: ${source.name}:RELEASE`, { hint: queryHint(source) })
  const query = question === -1 ? {} : readQuery(text.slice(question + 1), bare, source)
  return { source, name: { source: source.name, release, query, shown: shownName(text) } }
}

const readQuery = (text: string, shown: string, source: Grammar): Query => {
  const refuse = (why: string): JobError => new JobError('config-error', `${shown}: ${why}`, { hint: queryHint(source) })
  const query: Partial<Record<QueryKey, string>> = {}
  for (const part of text.split('&').filter((part) => part !== '')) {
    // Only the first sign of equality divides: version=>=41.
    const [, written = part, value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
    const key = source.takes.find((known) => known === written)
    if (key === undefined) throw refuse(`there is no ${quote(written)} to choose by${didYouMean(written, source.takes)}`)
    if (query[key] !== undefined) throw refuse(`${quote(key)} is given twice`)
    const meant = decoded(value)
    if (meant === undefined || meant === '') throw refuse(`${quote(key)} has no value`)
    query[key] = meant
  }
  const { arch: written, ...rest } = query
  if (written === undefined) return rest
  const arch = readArchitecture(written)
  if (arch === undefined) throw refuse(`there are no machines for ${quote(written)}; arch is x86_64 or aarch64`)
  return { ...rest, arch }
}

const decoded = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

const queryHint = ({ name, takes }: Grammar): string => {
  const example = takes.map((key) => `${key}=…`).join('&')
  return `A name of this kind is written ${name}:RELEASE?${example}; all after the question mark may be left out, and there is nothing but ${alternatives(takes)}.`
}

// Without the user and the password of an address inside.
export const shownName = (text: string): string => printable(text.replace(/(:\/\/)[^/?#]*@/, '$1'), 300)

// What the source of such a name would be: nothing else is written with a colon but an address.
export const unknownSource = (text: string): string | undefined =>
  /^([a-z][a-z0-9-]*):[\w./-]*(\?[^=]*=.*)?$/i.exec(text)?.[1]?.toLowerCase()
