import { isKeptFile, type KeptFile } from '../../host/kept/file'
import type { KeptKind, KeptRecord, Shelf } from '../../host/kept/shelf'
import { algorithmOfHex, type Algorithm, type Digests } from '../../lib/digests'
import { isCompression, type Compression } from '../../formats/compression'
import { isCacheKey } from './key'

// What the record of a cached image says beside what its disks must be.
export interface CachedImage {
  readonly published: Digests // of the file as published; one of them is the key
  readonly publishedBytes: number
  readonly compression: Compression | undefined
  readonly box?: CachedBox
}

export interface CachedBox {
  readonly members: readonly string[] // the name of each disk in it
  readonly texts: Readonly<Record<string, string>> // by the name of the member
}

type Written = Partial<Omit<CachedImage, 'published' | 'box'>> & {
  readonly schema?: number
  readonly published?: object
  readonly disks?: readonly (KeptFile & { readonly member?: string })[]
  readonly texts?: Readonly<Record<string, string>>
}

const schema = 2

const toJson = ({ about: { published, publishedBytes, compression, box }, files }: KeptRecord<CachedImage>): object => ({
  schema,
  published: Object.fromEntries(published),
  publishedBytes,
  compression,
  disks: files.map((file, index) => (box === undefined ? file : { member: box.members[index], ...file })),
  ...(box && { texts: box.texts }),
})

// Whoever packed the cache's folder for another machine may have packed anything.
const fromJson = (written: unknown): KeptRecord<CachedImage> | undefined => {
  const record = written as Written
  const { publishedBytes, compression, disks = [], texts } = record
  const published = digestsOf(record.published)
  const sound =
    record.schema === schema &&
    published.size > 0 &&
    Number.isSafeInteger(publishedBytes) &&
    (compression === undefined || isCompression(compression)) &&
    disks.every((disk) => isKeptFile(disk) && (disk.member === undefined || areTexts([disk.member]))) &&
    (texts === undefined || areTexts(Object.values(texts)))
  const [first, ...others] = disks
  if (!sound || publishedBytes === undefined || first === undefined) return undefined
  const about = { published, publishedBytes, compression }
  const files = disks.map(({ sha256, bytes, seen }) => ({ sha256, bytes, seen }))
  if (texts !== undefined) {
    const members = disks.flatMap(({ member }) => member ?? [])
    return members.length === disks.length ? { about: { ...about, box: { members, texts } }, files } : undefined
  }
  // What is not packed is the disk itself.
  if (others.length > 0 || (compression === undefined && published.get('sha256') !== first.sha256)) return undefined
  return { about, files }
}

const areTexts = (values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string')

const digestsOf = (written: object = {}): Digests =>
  new Map(
    Object.entries(written).filter(
      (entry): entry is [Algorithm, string] => typeof entry[1] === 'string' && algorithmOfHex(entry[1]) === entry[0],
    ),
  )

// How images lie in the cache: disk, of a box also disk1, disk2 …
const kind: KeptKind<CachedImage> = {
  isKey: isCacheKey,
  fileName: (index) => `disk${index === 0 ? '' : index}`,
  fileWord: 'disk',
  toJson,
  fromJson,
}

export const imageShelf = (dir: string): Shelf<typeof kind> => ({ dir, kind })
