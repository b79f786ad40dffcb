import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOfHex, type Algorithm, type Digests } from '../digests'
import type { Compression } from '../compression'

// What is written beside a cached disk: entry.json.
export interface CacheRecord {
  readonly published: Digests // of the file as published; one of them is the key
  readonly publishedBytes: number
  readonly compression: Compression | undefined
  readonly disk: { readonly sha256: string; readonly bytes: number }
  readonly seen: Seen // the disk when its digest was last computed
}

// As long as these are the same, so are the bytes. ctime as well as mtime, which everybody can set.
export interface Seen {
  readonly ino: string
  readonly mtimeNs: string
  readonly ctimeNs: string
}

const fileName = 'entry.json'
const schema = 1

export const recordPath = (folder: string): string => join(folder, fileName)

export const writeRecord = async (folder: string, { published, ...record }: CacheRecord): Promise<void> => {
  const path = recordPath(folder)
  const arriving = `${path}.${process.pid}`
  const text = JSON.stringify({ schema, published: Object.fromEntries(published), ...record }, undefined, 2)
  await writeFile(arriving, `${text}\n`, { mode: 0o600, flush: true })
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
  const { publishedBytes, compression, disk, seen } = record
  const published = digestsOf(record.published)
  const sound =
    record.schema === schema &&
    published.size > 0 &&
    Number.isSafeInteger(publishedBytes) &&
    Number.isSafeInteger(disk?.bytes) &&
    algorithmOfHex(disk?.sha256 ?? '') === 'sha256'
  if (!sound || publishedBytes === undefined || disk === undefined || seen === undefined) return undefined
  // What is not packed is the disk itself.
  if (compression === undefined && published.get('sha256') !== disk.sha256) return undefined
  return { published, publishedBytes, compression, disk, seen }
}

const digestsOf = (written: object = {}): Digests =>
  new Map(
    Object.entries(written).filter(
      (entry): entry is [Algorithm, string] => typeof entry[1] === 'string' && algorithmOfHex(entry[1]) === entry[0],
    ),
  )
