import type { ChecksumFile, Resolved } from '../resolved'
import { isServerRefusal } from '../../fetch/small-file'
import { sourceAt } from './source'
import { choose, noSuchImage, type Candidate } from './choose'
import { access, wantedFormat, type Format } from './formats'
import { listFolder } from './listing'
import type { Name } from './name'
import type { Lookup } from './name-source'
import { pinnedName } from './pinned'
import { compareVersions } from './versions'

// What a publisher says of an image by the name of its file. Links that are called latest and the like are no images.
export interface ReadFile {
  readonly variant: string
  readonly version: string // empty where the name does not tell
  readonly format: Format
}

interface ImageFolder {
  readonly folder: URL
  readonly read: (file: string) => ReadFile | undefined
  readonly formats: readonly Format[]
  readonly variant: string // unless another is asked for
  readonly boxes?: string // the variant that boxes are
  readonly seedless?: readonly string[] // the variants without cloud-init
  readonly user: string
  readonly release: string
  readonly checksumFile: (image: URL, file: string) => ChecksumFile
  readonly releases: () => Promise<readonly string[]> // what there is, for messages
}

// Chooses among the images in a folder of the publisher's server.
export const imageInFolder = async (name: Name, wanted: ImageFolder, lookup: Lookup): Promise<Resolved> => {
  const format = wantedFormat(name, wanted.formats)
  const folder = new URL(`${wanted.folder.href.replace(/\/*(\?.*)?$/, '')}/`)
  const files = await listFolder(wanted.folder, lookup)
  if (files === undefined) {
    // That it is missing is known, whatever may be said of the rest.
    const releases = await wanted.releases().catch((error: unknown) => (isServerRefusal(error) ? [] : Promise.reject(error as Error)))
    throw noSuchImage(name.shown, `no ${name.source} ${name.release} for ${lookup.arch}`, releases)
  }
  const candidates = files.flatMap((file): readonly (Candidate & ReadFile)[] => {
    const read = wanted.read(file)
    return read === undefined ? [] : [{ ...read, file, variants: [read.variant], arch: lookup.arch }]
  })
  const isBox = format.startsWith('vagrant-')
  const variant = name.query.variant ?? (isBox ? (wanted.boxes ?? wanted.variant) : wanted.variant)
  const image = choose(candidates, { variant, arch: lookup.arch, format, version: name.query.version }, name.shown)
  const url = new URL(image.file, folder)
  return {
    source: sourceAt(url),
    digests: [],
    checksumFiles: [wanted.checksumFile(url, image.file)],
    ...access(format, wanted.user),
    ...(wanted.seedless?.includes(image.variant) === true ? { provisioning: 'unknown' } : {}),
    format,
    ...(image.version === '' ? {} : { version: image.version, pinned: pinnedName(name, wanted.release, image.version) }),
  }
}

// The releases that have a folder of their own, the newest first.
export const foldersOf = async (folder: URL, pattern: RegExp, lookup: Lookup): Promise<readonly string[]> =>
  ((await listFolder(folder, lookup)) ?? [])
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .toSorted((left, right) => compareVersions(right, left))

// The newest release for `latest`, and only what can be part of an address. image-error: there is no such release.
export const releaseOf = async (name: Name, pattern: RegExp, releases: () => Promise<readonly string[]>): Promise<string> => {
  if (pattern.test(name.release)) return name.release
  const known = await releases()
  const [newest] = known
  if (name.release.toLowerCase() === 'latest' && newest !== undefined) return newest
  throw noSuchImage(name.shown, `no ${name.source} ${name.release}`, ['latest', ...known])
}

// A checksum file that nobody signed; over https the publisher vouches for it.
export const unsigned = (url: URL): ChecksumFile => ({ url, signature: { kind: 'none' }, keys: [], trusted: true })
