// The catalog of a box: which versions there are, for which providers and architectures. Chosen from as Vagrant does it
// (lib/vagrant/box_metadata.rb).
import { readArchitecture } from '../../../../lib/architecture'
import { jsonList, record, jsonText } from '../../json'
import { providers, type BoxProvider } from '../../../boxes/metadata'
import { compareGemVersions, parseVersion, type GemVersion, type Requirement } from './gem-version'

export interface Catalog {
  readonly name: string
  readonly entries: readonly CatalogEntry[] // the newest first; versions that are none are left out
}

export interface CatalogEntry {
  readonly version: string
  readonly provider: string
  readonly url: string // may be relative to the catalog
  readonly architecture?: string
  readonly isDefault?: boolean // the architecture of those who ask for none; absent where the catalog does not know of that
  readonly checksum?: { readonly type: string; readonly hex: string }
}

// undefined for what is no catalog.
export const readCatalog = (json: unknown): Catalog | undefined => {
  const { name, versions } = record(json)
  if (!Array.isArray(versions)) return undefined
  const entries = jsonList(versions).flatMap((one) => {
    const { version, providers: offered } = record(one)
    const named = jsonText(version)
    const parsed = named === undefined ? undefined : parseVersion(named)
    if (named === undefined || parsed === undefined) return []
    return jsonList(offered).flatMap((offer) => readEntry(named, parsed, offer))
  })
  const sorted = entries.toSorted((left, right) => compareGemVersions(right.parsed, left.parsed))
  return { name: jsonText(name) ?? 'box', entries: sorted.map(({ entry }) => entry) }
}

const readEntry = (version: string, parsed: GemVersion, offer: unknown): { parsed: GemVersion; entry: CatalogEntry }[] => {
  const given = record(offer)
  const provider = jsonText(given['name'])
  const url = jsonText(given['url'])
  if (provider === undefined || url === undefined) return []
  const architecture = jsonText(given['architecture'])
  const type = jsonText(given['checksum_type'])?.toLowerCase()
  const hex = jsonText(given['checksum'])?.toLowerCase()
  const entry = {
    ...{ version, provider, url },
    ...(architecture === undefined ? {} : { architecture }),
    ...('default_architecture' in given ? { isDefault: given['default_architecture'] === true } : {}),
    // Many boxes have none; the catalog then says so by an empty checksum of the type "none".
    ...(type === undefined || type === 'none' || hex === undefined ? {} : { checksum: { type, hex } }),
  }
  return [{ parsed, entry }]
}

export interface Choice {
  readonly requirement: Requirement
  readonly provider: string | undefined // absent: any that can be tested
  readonly arch: 'amd64' | 'arm64'
  readonly exact: boolean // the user names the architecture, so that "unknown" will not do
}

// The newest version that meets the requirement and is there for the provider and the architecture.
export const chooseEntry = ({ entries }: Catalog, choice: Choice): CatalogEntry | undefined => {
  const wanted: readonly string[] = choice.provider === undefined ? testable : [choice.provider]
  for (const version of new Set(entries.map((entry) => entry.version))) {
    const parsed = parseVersion(version)
    if (parsed === undefined || !choice.requirement(parsed)) continue
    for (const provider of wanted) {
      const offered = entries.filter((entry) => entry.version === version && entry.provider === provider)
      const entry = forArchitecture(offered, choice)
      if (entry !== undefined) return entry
    }
  }
  return undefined
}

// A disk that need not be converted is better.
const testable: readonly BoxProvider[] = ['libvirt', 'qemu', 'virtualbox'] satisfies readonly (typeof providers)[number][]

const forArchitecture = (offered: readonly CatalogEntry[], { arch, exact }: Choice): CatalogEntry | undefined => {
  const named = offered.find(({ architecture }) => architecture !== undefined && readArchitecture(architecture) === readArchitecture(arch))
  if (named !== undefined) return named
  const unknown = offered.find(({ architecture, isDefault }) => architecture === 'unknown' && isDefault === true)
  if (unknown !== undefined && !exact) return unknown
  const [only, another] = offered
  return another === undefined && only?.isDefault === undefined ? only : undefined
}
