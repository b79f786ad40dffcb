// Ids of tests: stable, unique, and fit to be names of files.
import type { Located } from './types/collections'
import { place, type Report } from './problems'
import { quote } from '../lib/wording'

// 'The root file system grew!' → 'the-root-file-system-grew'
export const slug = (name: string): string => {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 61)
    .replace(/^-+|-+$/g, '')
  return /^[a-z]/.test(words) ? words : ['test', words].filter(Boolean).join('-')
}

export interface Named {
  readonly name: string
  readonly id?: Located<string>
}

// Gives every test its id: its own, or the slug of its name, with an ordinal from the second of the same on. Reports own ids given twice.
export const assignIds = (tests: readonly Named[], report: Report): readonly string[] => {
  const own = new Map<string, Located<string>>()
  for (const { id } of tests) {
    if (id === undefined) continue
    const first = own.get(id.value)
    if (first === undefined) own.set(id.value, id)
    else
      report(
        `the id ${quote(id.value)} is taken${first.location ? ` by the test at ${place(first.location)}` : ''}; ids are unique in a job`,
        id.location,
      )
  }
  const taken = new Set(own.keys())
  const counts = new Map<string, number>()
  return tests.map(({ name, id }) => {
    if (id !== undefined) return id.value
    const stem = slug(name)
    let ordinal = counts.get(stem) ?? 0
    let candidate: string
    do {
      ordinal += 1
      candidate = ordinal === 1 ? stem : `${stem}-${ordinal}`
    } while (taken.has(candidate))
    counts.set(stem, ordinal)
    taken.add(candidate)
    return candidate
  })
}
