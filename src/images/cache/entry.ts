import { codeOf } from '../../lib/error-code'
import type { BigIntStats } from 'node:fs'
import { constants, lstat, lutimes, open, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { waitLock, type Lock } from '../../host/file-lock'
import { readBox } from '../boxes/box'
import { verifyDigests, type Expected } from '../../lib/digests'
import { hashFile } from '../proof'
import { formatBytes } from '../../lib/shown'
import type { Stored } from '../store/store'
import { refusing } from '../../formats/tar/refuse'
import { readRecord, recordPath, writeRecord, type CachedDisk, type CacheRecord, type Seen } from './record'

// What a look into the cache finds. unproven: sound, but a digest that is asked for is not known of it.
export type FoundEntry =
  | { readonly kind: 'sound'; readonly stored: Stored; readonly lock: Lock } // the lock keeps it from being removed
  | { readonly kind: 'missing' | 'unproven' }
  | { readonly kind: 'damaged'; readonly why: string }

// disk, disk1, disk2 …; whoever uses the entry holds a lock on the first.
export const diskPath = (folder: string, index = 0): string => join(folder, `disk${index === 0 ? '' : index}`)

export interface Looking {
  readonly shown: string
  readonly expected: readonly Expected[]
  readonly signal: AbortSignal
}

// Takes an image out of the cache when it is what its name and its record say. Reads it through once, unless size, inode and times are those
// recorded. image-error: the digests that are asked for contradict each other.
export const takeEntry = async (folder: string, looking: Looking): Promise<FoundEntry> => {
  const lock = await shareEntry(folder, looking.signal)
  if (lock === 'missing') return { kind: 'missing' }
  if (lock === 'foreign') return { kind: 'damaged', why: 'something else is in its place' }
  let found: FoundEntry | undefined
  try {
    found = await examine(folder, lock, looking)
    return found
  } finally {
    if (found?.kind !== 'sound') await lock.release()
  }
}

// Marks an entry as in use by us.
const shareEntry = async (folder: string, signal: AbortSignal): Promise<Lock | 'missing' | 'foreign'> => {
  const path = diskPath(folder)
  for (;;) {
    const [dir, disk] = await Promise.all([lookAt(folder), lookAt(path)])
    if (dir === undefined) return 'missing'
    if (!dir.isDirectory() || disk?.isFile() !== true) return (await lookAt(folder)) === undefined ? 'missing' : 'foreign'
    try {
      // Whoever has it alone is about to remove it.
      const lock = await waitLock({ path, mode: 'shared', signal }, () => undefined)
      if ((await lookAt(path))?.ino === disk.ino) return lock
      await lock.release() // it was removed, and may be there anew
    } catch (error) {
      if ((await lookAt(folder)) === undefined) return 'missing'
      throw error
    }
  }
}

const lookAt = (path: string): Promise<BigIntStats | undefined> =>
  lstat(path, { bigint: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  })

const examine = async (folder: string, lock: Lock, { shown, expected, signal }: Looking): Promise<FoundEntry> => {
  const record = await readRecord(folder)
  if (record === undefined) return damaged('its record is missing or cannot be read')
  const { published, disks } = record
  const [algorithm, hex] = basename(folder).split('-')
  if (![...published].some(([name, digest]) => name === algorithm && digest === hex)) return damaged('its record is of another image')
  if (expected.some((digest) => !published.has(digest.algorithm))) return { kind: 'unproven' }
  verifyDigests(shown, published, expected)
  const now: CachedDisk[] = []
  for (const [index, disk] of disks.entries()) {
    const seen = await examineDisk(diskPath(folder, index), disk, signal)
    if (typeof seen === 'string') return damaged(seen)
    now.push({ ...disk, seen })
  }
  const stored = understood(folder, record, shown)
  if (typeof stored === 'string') return damaged(stored)
  // It was copied here or came out of an archive. In a folder of somebody else's it is hashed each time.
  if (!disks.every(({ seen }, index) => same(seen, now[index]?.seen)))
    await writeRecord(folder, { ...record, disks: now }).catch(() => undefined)
  await touch(folder)
  return { kind: 'sound', lock, stored }
}

// A box is read again from what the record keeps of it.
const understood = (folder: string, record: CacheRecord, shown: string): Stored | string => {
  try {
    return storedIn(folder, record, shown)
  } catch (error) {
    return `its record cannot be understood: ${error instanceof Error ? error.message : ''}`
  }
}

// The image of an entry, whose record is right.
export const storedIn = (folder: string, { published, publishedBytes, compression, disks, texts }: CacheRecord, shown: string): Stored => {
  const found = disks.map(({ member = '', sha256 }, index) => ({ member, path: diskPath(folder, index), sha256 }))
  const [first] = found
  if (first === undefined) throw new RangeError('an image has a disk')
  const { path, sha256 } = first
  const stored = { path, sha256, publishedBytes, published, compression }
  if (texts === undefined) return stored
  const members = new Map(found.map((disk) => [disk.member, disk]))
  return { ...stored, box: readBox({ texts: new Map(Object.entries(texts)), disks: members }, refusing(shown)) }
}

// What it looks like now, or what is wrong with it.
const examineDisk = async (path: string, { sha256, bytes, seen }: CachedDisk, signal: AbortSignal): Promise<Seen | string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  if (file === undefined) return 'its disk cannot be read'
  try {
    const stats = await file.stat({ bigint: true })
    if (Number(stats.size) !== bytes) return `it has ${formatBytes(Number(stats.size))} and not ${formatBytes(bytes)}`
    if (same(seen, seenOf(stats))) return seen
    const hashed = await hashAlone(file, signal)
    if (hashed.seen === undefined) return 'something writes to it'
    return hashed.sha256 === sha256 ? hashed.seen : `its sha256 is ${hashed.sha256} and not ${sha256}`
  } finally {
    await file.close()
  }
}

const damaged = (why: string): FoundEntry => ({ kind: 'damaged', why })

export const seenOf = ({ ino, mtimeNs, ctimeNs }: BigIntStats): Seen => ({
  ino: String(ino),
  mtimeNs: String(mtimeNs),
  ctimeNs: String(ctimeNs),
})

const same = (left: Seen, right: Seen | undefined): boolean =>
  left.ino === right?.ino && left.mtimeNs === right.mtimeNs && left.ctimeNs === right.ctimeNs

// seen is undefined when the file changed meanwhile.
const hashAlone = async (file: FileHandle, signal: AbortSignal): Promise<{ readonly sha256: string; readonly seen: Seen | undefined }> => {
  await file.chmod(0o444).catch(() => undefined)
  const seen = seenOf(await file.stat({ bigint: true }))
  const sha256 = await sha256Of(file, signal)
  return { sha256, seen: same(seen, seenOf(await file.stat({ bigint: true }))) ? seen : undefined }
}

export const sha256Of = async (file: FileHandle, signal: AbortSignal): Promise<string> => {
  const readInto = async (buffer: Buffer, offset: number) => (await file.read(buffer, 0, buffer.length, offset)).bytesRead
  return (await hashFile({ readInto }, [], signal)).get('sha256') ?? ''
}

// When it was last used.
const touch = (folder: string): Promise<void> => lutimes(recordPath(folder), new Date(), new Date()).catch(() => undefined)
