import { readArchitecture, type Architecture } from '../../lib/architecture'
import type { Distribution, ImageFiles } from '../distributions/distribution'
import type { Resolved } from '../resolved'
import { isServerRefusal } from '../../fetch/small-file'
import { sourceAt } from './source'
import { checksumFileOf } from './checksum-file-of'
import { choose, noSuchImage, type Candidate } from './choose'
import { access, formatOfFile, isBox, wantedFormat, type Format } from './formats'
import { listFolder } from './listing'
import type { Name } from './name'
import type { Lookup } from './name-source'
import { pinnedName } from './pinned'
import { compareVersions } from './versions'

interface ImageFolder {
  readonly distribution: Distribution & { readonly images: ImageFiles; readonly checksums: string }
  readonly folder: URL
  readonly formats: readonly Format[]
  readonly release: string
  readonly releases: () => Promise<readonly string[]> // what there is, for messages
}

interface NamedFile {
  readonly variant: string
  readonly version: string // empty where the name does not tell
  readonly format: Format
}

// What the name of a file tells; undefined for what is no image, or one of another release or architecture.
const readFileName = (file: string, { distribution: { images }, release }: ImageFolder, arch: Architecture): NamedFile | undefined => {
  const found: Partial<Record<string, string>> = images.pattern.exec(file)?.groups ?? {}
  const format = formatOfFile(file)
  if (found['variant'] === undefined || format === undefined) return undefined
  if (found['release'] !== undefined && found['release'] !== release) return undefined
  if (found['arch'] !== undefined && readArchitecture(found['arch']) !== arch) return undefined
  const variant = isBox(format) ? (images.boxes ?? found['variant']) : found['variant']
  return { variant, version: found['version'] ?? '', format }
}

// Chooses among the images in a folder of the publisher's server.
export const imageInFolder = async (name: Name, wanted: ImageFolder, lookup: Lookup): Promise<Resolved> => {
  const { distribution } = wanted
  const { images } = distribution
  const format = wantedFormat(name, wanted.formats)
  const folder = new URL(`${wanted.folder.href.replace(/\/*(\?.*)?$/, '')}/`)
  const files = await listFolder(wanted.folder, lookup)
  if (files === undefined) {
    // That it is missing is known, whatever may be said of the rest.
    const releases = await wanted.releases().catch((error: unknown) => (isServerRefusal(error) ? [] : Promise.reject(error as Error)))
    throw noSuchImage(name.shown, `no ${name.source} ${name.release} for ${lookup.arch}`, releases)
  }
  const candidates = files.flatMap((file): readonly (Candidate & NamedFile)[] => {
    const read = readFileName(file, wanted, lookup.arch)
    return read === undefined ? [] : [{ ...read, file, variants: [read.variant], arch: lookup.arch }]
  })
  const variant = name.query.variant ?? (isBox(format) ? (images.boxes ?? images.variant) : images.variant)
  const image = choose(candidates, { variant, arch: lookup.arch, format, version: name.query.version }, name.shown)
  const url = new URL(image.file, folder)
  return {
    source: sourceAt(url),
    digests: [],
    checksumFiles: [checksumFileOf(distribution, url, { file: image.file, release: wanted.release }, lookup.keys)],
    ...access(format, images.users?.[image.variant] ?? distribution.user),
    ...(images.seedless?.includes(image.variant) === true ? { provisioning: 'unknown' } : {}),
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
