import { JobError } from '../../../../errors'
import { chooseEntry, readCatalog, type Catalog, type CatalogEntry } from './catalog'
import { parseRequirement } from './gem-version'
import { providers } from '../../../boxes/metadata'
import { algorithmOfHex } from '../../../../lib/digests'
import type { Resolved, Vouched } from '../../../resolved'
import { printable, shownSource, shownUrl } from '../../../../lib/shown'
import { sourceAt } from '../../source'
import { withoutLogin } from '../../../../fetch/url-login'
import { debianArchitecture } from '../../../../lib/architecture'
import { urlOf } from '../../base-urls'
import { noSuchImage } from '../../choose'
import { fetchJson, firstOf, type Metadata } from '../../metadata'
import type { Name } from '../../name'
import type { Lookup, NameSource } from '../../name-source'
import { pinnedName } from '../../pinned'

// vagrant:fedora/41-cloud-base · vagrant:fedora/41-cloud-base?version=>=41&provider=libvirt · vagrant:https://example.org/box.json
export const vagrant: NameSource = {
  name: 'vagrant',
  takes: ['version', 'provider', 'arch'],
  example: 'vagrant:fedora/41-cloud-base',
  resolve: async (name, lookup) => {
    const { query, shown } = name
    const { provider } = query
    if (provider !== undefined && !providers.some((known) => known === provider)) {
      throw new JobError('config-error', `${shown}: boxes for the provider "${printable(provider, 40)}" cannot be tested`, {
        hint: `The provider is one of ${providers.join(', ')}; many boxes are published for several.`,
      })
    }
    const constraint = query.version ?? '>= 0'
    const requirement = parseRequirement(constraint)
    if (requirement === undefined) {
      throw new JobError('config-error', `${shown}: "${printable(constraint, 60)}" is no requirement of a version`, {
        hint: 'Write it as for config.vm.box_version: version=41.20241024.0, version=>=41, version=~>41.0,<42',
      })
    }
    const { catalog, address, trusted, place } = await findCatalog(name, lookup)
    const arch = debianArchitecture(lookup.arch)
    const entry = chooseEntry(catalog, { requirement, provider, arch, exact: query.arch !== undefined })
    if (entry === undefined) throw missing(catalog, provider, arch, shown)
    // As a requirement, a version alone means exactly that one. Other providers may be added to it later, so the one that was taken is named.
    const pinned = pinnedName({ ...name, query: { ...query, provider: entry.provider } }, place, entry.version.trim())
    return { ...resolved(entry, { address, trusted }, lookup), pinned }
  },
}

interface Found {
  readonly catalog: Catalog
  readonly address: URL
  readonly trusted: boolean
  readonly place: string // as a name has it
}

// The address of a catalog stands for itself. Vagrant asks for a box of a registry at these two places, and takes the first catalog.
const findCatalog = async ({ release, shown }: Name, lookup: Lookup): Promise<Found> => {
  if (/^https?:\/\//i.test(release)) {
    if (!URL.canParse(release)) throw new JobError('config-error', `${shown} holds no valid URL`, { hint: 'Check the address.' })
    const address = new URL(release)
    return read(await fetchJson(address, lookup), address, withoutLogin(address).href) ?? noCatalog(address)
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(release)) {
    throw new JobError('config-error', `${shown} is no name of a box`, {
      hint: 'Write it as vagrant:OWNER/BOX, such as vagrant:fedora/41-cloud-base.',
    })
  }
  const addresses = [['api/v2/vagrant', release], [release]].map((parts) => urlOf(lookup.env, 'IMAGE_TEST_VAGRANT', ...parts))
  const found = await firstOf(addresses, lookup, (metadata, address) => read(metadata, address, release))
  if (found === undefined) throw noSuchImage(shown, 'no such box', [])
  return found
}

const read = ({ json, trusted }: Metadata, address: URL, place: string): Found | undefined => {
  const catalog = readCatalog(json)
  return catalog && { catalog, address, trusted, place }
}

const noCatalog = (address: URL): never => {
  throw new JobError('image-error', `${shownUrl(address)} is no catalog of a box`, {
    hint: 'Give the address of the box itself without vagrant: in front.',
  })
}

const missing = ({ entries }: Catalog, provider: string | undefined, arch: string, shown: string): JobError => {
  const there = entries.map(
    (entry) => `${entry.version} for ${entry.provider}${entry.architecture === undefined ? '' : ` (${entry.architecture})`}`,
  )
  return noSuchImage(shown, `no such version${provider === undefined ? '' : ` for ${provider}`} on ${arch}`, there)
}

const resolved = (entry: CatalogEntry, { address, trusted }: Pick<Found, 'address' | 'trusted'>, { arch, warn }: Lookup): Resolved => {
  const url = URL.canParse(entry.url, address.href) ? new URL(entry.url, address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new JobError('image-error', `the catalog of the box gives "${shownSource(entry.url)}" as its address`, {
      hint: 'A catalog from the network may only name addresses in the network; ask its publisher.',
    })
  }
  return {
    source: sourceAt(url),
    digests: digestsOf(entry, trusted, warn),
    checksumFiles: [],
    loginUser: 'vagrant',
    provisioning: 'vagrant',
    format: `vagrant-${entry.provider}`,
    arch,
    version: entry.version,
  }
}

// MD5 and SHA-1, which Vagrant accepts, prove nothing.
const digestsOf = ({ checksum }: CatalogEntry, trusted: boolean, warn: (text: string) => void): readonly Vouched[] => {
  if (checksum === undefined) return []
  const algorithm = /^[0-9a-f]+$/.test(checksum.hex) ? algorithmOfHex(checksum.hex) : undefined
  if (algorithm === checksum.type) return [{ algorithm, hex: checksum.hex, from: 'of the catalog of the box', trusted }]
  warn(`the catalog has a checksum of the type ${printable(checksum.type, 20)} for this box, which proves nothing and is not looked at`)
  return []
}
