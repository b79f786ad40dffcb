import { fedora } from '../../../distributions/table'
import type { Resolved } from '../../../resolved'
import { sourceAt } from '../../source'
import { urlOf } from '../../base-urls'
import { choose, noSuchImage, type Candidate, type Wanted } from '../../choose'
import { composed } from './compose'
import { archivedImages } from './fedora-archive'
import { fedoraChecksumFiles } from './checksum-files'
import { fedoraReleases, type Released } from './fedora-releases'
import { access, formats, wantedFormat, type Format } from '../../formats'
import { listFolder } from '../../listing'
import type { Name } from '../../name'
import type { Lookup, NameSource } from '../../name-source'
import { pinnedName } from '../../pinned'
import { compareVersions } from '../../versions'

// fedora:44 · fedora:latest · fedora:rawhide · fedora:branched
export const fedoraNames: NameSource = {
  name: fedora.name,
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: fedora.example,
  resolve: async (name, lookup) => {
    const release = name.release.toLowerCase()
    const nightly = /^(Rawhide|\d+)-\d{8}\.n\.\d+$/.exec(name.query.version ?? '')?.[1]?.toLowerCase()
    if (release === 'rawhide')
      return fromCompose(name, `rawhide/${nightly === release ? composeId(name) : 'latest-Fedora-Rawhide'}`, lookup)
    if (nightly !== undefined && nightly === release) return fromCompose(name, `branched/${composeId(name)}`, lookup)
    if (release === 'branched') return fromBranched(name, lookup)
    return fromReleases(name, release, lookup)
  },
}

const composeId = ({ query }: Name): string => `Fedora-${query.version ?? ''}`

// What goes into the next release, between its branching off and its publication. In the rest of the year that is rawhide.
const fromBranched = async (name: Name, lookup: Lookup): Promise<Resolved> => {
  const [branched, all] = await Promise.all([branchedReleases(lookup), fedoraReleases(lookup)])
  // Composes of releases that are out, and of some that have ended, still lie there.
  const newest = releasedNumbers(all).at(-1)
  const next = branched.find((release) => newest === undefined || Number(release) > Number(newest))
  if (next !== undefined) return fromCompose(name, `branched/latest-Fedora-${next}`, lookup)
  lookup.warn(`${name.shown}: no release is branched at the moment; rawhide is taken in its place`)
  return fromCompose(name, 'rawhide/latest-Fedora-Rawhide', lookup)
}

// Those that are out, the newest last.
const releasedNumbers = (all: readonly Released[]): readonly string[] =>
  [...new Set(all.map(({ release }) => release))].filter((release) => /^\d+$/.test(release)).toSorted(compareVersions)

const branchedReleases = async (lookup: Lookup): Promise<readonly string[]> =>
  ((await listFolder(urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COMPOSES', 'branched'), lookup)) ?? [])
    .flatMap((folder) => /^latest-Fedora-(\d+)$/.exec(folder)?.[1] ?? [])
    .toSorted((left, right) => compareVersions(right, left))

const fromCompose = async (name: Name, folder: string, lookup: Lookup): Promise<Resolved> => {
  const base = urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COMPOSES', folder).href
  const { compose, ...resolved } = await composed(name, base, lookup)
  const version = compose.id.replace(/^Fedora-/, '')
  const release = version.split('-')[0]?.toLowerCase() ?? name.release
  const asked = name.query.version
  if (asked !== undefined && asked !== version) throw noSuchImage(name.shown, `no version ${asked}`, [version])
  return { ...resolved, version, pinned: pinnedName(name, release, version) }
}

const wanted = (name: Name, format: Format, { arch }: Lookup): Wanted => ({
  variant: name.query.variant ?? 'Cloud_Base',
  arch,
  format,
  version: name.query.version,
})

// The published releases and Betas, then those that have ended, then what is only branched yet.
const fromReleases = async (name: Name, asked: string, lookup: Lookup): Promise<Resolved> => {
  const format = wantedFormat(name, formats)
  const all = await fedoraReleases(lookup)
  const numbers = releasedNumbers(all)
  const release = asked === 'latest' ? (numbers.at(-1) ?? asked) : asked
  const published = [release, `${release} Beta`]
    .map((one) => all.filter((image) => image.release === one))
    .find((images) => images.length > 0)
  if (published !== undefined) return publishedImage(choose(published, wanted(name, format, lookup), name.shown), name, release, lookup)
  if (!/^\d+$/.test(release)) throw noSuchRelease(name, all)
  const newest = numbers.at(-1)
  if (newest === undefined || Number(release) < Number(newest)) return endedImage(name, release, format, all, lookup)
  if ((await branchedReleases(lookup)).includes(release)) return fromCompose(name, `branched/latest-Fedora-${release}`, lookup)
  throw noSuchRelease(name, all)
}

const noSuchRelease = (name: Name, all: readonly Released[]) =>
  noSuchImage(name.shown, `no Fedora ${name.release}`, ['latest', 'rawhide', 'branched', ...all.map(({ release }) => release)])

const publishedImage = async (image: Released, name: Name, release: string, lookup: Lookup): Promise<Resolved> => {
  const { path, digests } = image
  const elsewhere = path === undefined
  const url = elsewhere ? new URL(image.link) : urlOf(lookup.env, 'IMAGE_TEST_FEDORA_DOWNLOAD', path)
  const master = elsewhere ? url : urlOf(lookup.env, 'IMAGE_TEST_FEDORA_MASTER', path)
  const mirrors = urlOf(lookup.env, 'IMAGE_TEST_FEDORA_METALINK')
  mirrors.searchParams.set('path', `pub/fedora/linux/${path ?? ''}`)
  return {
    ...(await fedoraImage(image, url, new URL('.', master), name, release, lookup)),
    digests,
    ...(elsewhere ? {} : { mirrors }),
  }
}

const endedImage = async (name: Name, release: string, format: Format, all: readonly Released[], lookup: Lookup): Promise<Resolved> => {
  const images = await archivedImages(release, name.query.variant, lookup)
  if (images.length === 0) throw noSuchRelease(name, all)
  const image = choose(images, wanted(name, format, lookup), name.shown)
  return fedoraImage(image, new URL(image.file, image.folder), image.folder, name, release, lookup)
}

const fedoraImage = async (image: Candidate, url: URL, folder: URL, name: Name, release: string, lookup: Lookup): Promise<Resolved> => {
  const { version, arch } = image
  const variant = /\/([^/]+)\/[^/]+\/images\/$/.exec(folder.pathname)?.[1] ?? 'Cloud'
  return {
    source: sourceAt(url),
    digests: [],
    checksumFiles: await fedoraChecksumFiles(folder, { variant, arch, version }, lookup),
    ...access(image.format as Format, fedora.user),
    ...(image.file.startsWith('Fedora-Cloud-') ? {} : { provisioning: 'unknown' }),
    format: image.format,
    version,
    pinned: pinnedName(name, release, version),
  }
}
