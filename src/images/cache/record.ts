import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOfHex, type Algorithm, type Digests } from '../../lib/digests'
import { isCompression, type Compression } from '../../formats/compression'

// What is written beside the disks of a cached image: entry.json.
export interface CacheRecord {
  readonly published: Digests // of the file as published; one of them is the key
  readonly publishedBytes: number
  readonly compression: Compression | undefined
  readonly disks: readonly CachedDisk[] // one, or those of a box
  readonly texts?: Readonly<Record<string, string>> // of a box, by the name of the member
}

export interface CachedDisk {
  readonly member?: string // its name in the box
  readonly sha256: string
  readonly bytes: number
  readonly seen: Seen // when its digest was last computed
}

// As long as these are the same, so are the bytes. ctime as well as mtime, which everybody can set.
export interface Seen {
  readonly ino: string
  readonly mtimeNs: string
  readonly ctimeNs: string
}

const fileName = 'entry.json'
const schema = 2

export const recordPath = (folder: string): string => join(folder, fileName)

export const writeRecord = async (folder: string, { published, ...record }: CacheRecord): Promise<void> => {
  const path = recordPath(folder)
  const arriving = `${path}.${randomBytes(8).toString('hex')}`
  const text = JSON.stringify({ schema, published: Object.fromEntries(published), ...record }, undefined, 2)
  await writeFile(arriving, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await rename(arriving, path)
}

// undefined when it is missing or not ours.
export const readRecord = async (folder: string): Promise<CacheRecord | undefined> => {
  try {
    return parse(JSON.parse(await readFile(recordPath(folder), 'utf8')))
  } catch {
    return undefined
  }
}

const parse = (written: unknown): CacheRecord | undefined => {
  const record = written as Partial<Omit<CacheRecord, 'published'>> & { readonly schema?: number; readonly published?: object }
  const { publishedBytes, compression, disks = [], texts } = record
  const published = digestsOf(record.published)
  const [first, ...others] = disks
  const sound =
    record.schema === schema &&
    published.size > 0 &&
    Number.isSafeInteger(publishedBytes) &&
    (compression === undefined || isCompression(compression)) &&
    disks.every(isSound) &&
    (texts === undefined || areTexts(Object.values(texts)))
  if (!sound || publishedBytes === undefined || first === undefined) return undefined
  if (texts !== undefined)
    return disks.every(({ member }) => member !== undefined) ? { published, publishedBytes, compression, disks, texts } : undefined
  // What is not packed is the disk itself.
  if (others.length > 0 || (compression === undefined && published.get('sha256') !== first.sha256)) return undefined
  return { published, publishedBytes, compression, disks }
}

// Whoever packed the cache's folder for another machine may have packed anything.
const isSound = ({ member, sha256, bytes, seen }: CachedDisk): boolean =>
  Number.isSafeInteger(bytes) &&
  algorithmOfHex(sha256) === 'sha256' &&
  (member === undefined || areTexts([member])) &&
  areTexts([seen.ino, seen.mtimeNs, seen.ctimeNs])

const areTexts = (values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string')

const digestsOf = (written: object = {}): Digests =>
  new Map(
    Object.entries(written).filter(
      (entry): entry is [Algorithm, string] => typeof entry[1] === 'string' && algorithmOfHex(entry[1]) === entry[0],
    ),
  )
