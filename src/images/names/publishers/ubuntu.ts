import { ubuntu } from '../../distributions/table'
import type { Resolved, Vouched } from '../../resolved'
import { sourceAt } from '../source'
import { debianArchitecture } from '../../../lib/architecture'
import { urlOf } from '../base-urls'
import { checksumFileOf } from '../checksum-file-of'
import { choose, noSuchImage, type Candidate } from '../choose'
import { access, wantedFormat } from '../formats'
import { jsonEntries, record, jsonText } from '../json'
import { fetchJson } from '../metadata'
import type { Lookup, NameSource } from '../name-source'
import { pinnedName } from '../pinned'
import { compareVersions } from '../versions'

// ubuntu:24.04 · ubuntu:noble · ubuntu:lts · ubuntu:latest
export const ubuntuNames: NameSource = {
  name: ubuntu.name,
  takes: ['format', 'arch', 'version'],
  example: ubuntu.example,
  resolve: async (name, lookup) => {
    const format = wantedFormat(name, ['qcow2'])
    const products = await readProducts(lookup)
    const asked = name.release.toLowerCase()
    const numbers = [...new Set(products.filter(({ supported }) => supported).map(({ number }) => number))].toSorted(compareVersions)
    const newest = asked === 'latest' ? numbers.at(-1) : undefined
    const found = products.filter(({ number, aliases }) =>
      newest === undefined ? number === asked || aliases.includes(asked) : number === newest,
    )
    const [first] = found
    if (first === undefined) throw noSuchImage(name.shown, `no Ubuntu ${name.release}`, ['latest', 'lts', ...numbers])
    const image = choose(
      found.flatMap(({ images }) => images),
      { variant: 'server', arch: lookup.arch, format, version: name.query.version },
      name.shown,
    )
    const url = urlOf(lookup.env, 'IMAGE_TEST_UBUNTU', image.path)
    return {
      source: sourceAt(url),
      digests: image.digests,
      checksumFiles: [checksumFileOf(ubuntu, url, { file: image.file, release: first.number }, lookup.keys)],
      ...access(format, ubuntu.user),
      format,
      version: image.version,
      pinned: pinnedName(name, first.number, image.version),
    } satisfies Resolved
  },
}

interface Image extends Candidate {
  readonly path: string
  readonly digests: readonly Vouched[]
}

interface Product {
  readonly number: string // 24.04
  readonly aliases: readonly string[] // noble, n, lts
  readonly supported: boolean
  readonly images: readonly Image[]
}

// Simplestreams: one product for each release and architecture, with a version for each day it was made.
const readProducts = async (lookup: Lookup): Promise<readonly Product[]> => {
  const list = urlOf(lookup.env, 'IMAGE_TEST_UBUNTU', 'streams/v1/com.ubuntu.cloud:released:download.json')
  const { json, trusted } = await fetchJson(list, lookup)
  return jsonEntries(record(json)['products']).flatMap(([, value]) => {
    const { version, aliases, release, supported, arch: written, versions } = record(value)
    const number = jsonText(version)
    if (number === undefined) return []
    const arch = (['x86_64', 'aarch64'] as const).find((one) => debianArchitecture(one) === written) ?? jsonText(written) ?? ''
    const names = [...(jsonText(aliases) ?? '').split(','), jsonText(release) ?? ''].filter((alias) => alias !== '')
    const images = jsonEntries(versions).flatMap(([day, made]) => diskOf(record(record(made)['items'])['disk1.img'], day, arch, trusted))
    return [{ number, aliases: names, supported: supported === true, images }]
  })
}

const diskOf = (value: unknown, version: string, arch: string, trusted: boolean): readonly Image[] => {
  const { path: written, sha256 } = record(value)
  const path = jsonText(written)
  const hex = jsonText(sha256)
  if (path === undefined || hex === undefined) return []
  const digests = [{ algorithm: 'sha256' as const, hex: hex.toLowerCase(), from: "from Ubuntu's list of images", trusted }]
  return [{ path, file: path.split('/').at(-1) ?? path, variants: ['server'], arch, format: 'qcow2', version, digests }]
}
