import type { BigIntStats } from 'node:fs'
import { constants, lstat, open, utimes, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { waitLock, type Lock } from '../../lib/file-lock'
import { verifyDigests, type Expected } from '../digests'
import { hashFile } from '../proof'
import { formatBytes } from '../shown'
import type { Stored } from '../store'
import { readRecord, recordPath, writeRecord, type Seen } from './record'

// What a look into the cache finds. unproven: sound, but a digest that is asked for is not known of it.
export type Found =
  | { readonly kind: 'sound'; readonly stored: Stored; readonly lock: Lock } // the lock keeps it from being removed
  | { readonly kind: 'missing' | 'unproven' }
  | { readonly kind: 'damaged'; readonly why: string }

export const diskPath = (folder: string): string => join(folder, 'disk')

export interface Looking {
  readonly shown: string
  readonly expected: readonly Expected[]
  readonly signal: AbortSignal
}

// Takes an image out of the cache when it is what its name and its record say. Reads it through once, unless size, inode and times are those
// recorded. image-error: the digests that are asked for contradict each other.
export const takeEntry = async (folder: string, looking: Looking): Promise<Found> => {
  const lock = await shareDisk(folder, looking.signal)
  if (lock === 'missing') return { kind: 'missing' }
  if (lock === 'foreign') return { kind: 'damaged', why: 'something else is in its place' }
  let found: Found | undefined
  try {
    found = await examine(folder, lock, looking)
    return found
  } finally {
    if (found?.kind !== 'sound') await lock.release()
  }
}

// Marks a disk as in use by us.
const shareDisk = async (folder: string, signal: AbortSignal): Promise<Lock | 'missing' | 'foreign'> => {
  const [dir, disk] = await Promise.all([lookAt(folder), lookAt(diskPath(folder))])
  if (dir === undefined) return 'missing'
  if (!dir.isDirectory() || disk?.isFile() !== true) return (await lookAt(folder)) === undefined ? 'missing' : 'foreign'
  try {
    // Whoever has it alone is about to remove it.
    return await waitLock({ path: diskPath(folder), mode: 'shared', signal }, () => undefined)
  } catch (error) {
    if ((await lookAt(folder)) === undefined) return 'missing'
    throw error
  }
}

const lookAt = (path: string): Promise<BigIntStats | undefined> =>
  lstat(path, { bigint: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw error
  })

const examine = async (folder: string, lock: Lock, { shown, expected, signal }: Looking): Promise<Found> => {
  const path = diskPath(folder)
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  if (file === undefined) return (await lookAt(folder)) === undefined ? { kind: 'missing' } : damaged('its disk cannot be read')
  try {
    const [stats, record] = await Promise.all([file.stat({ bigint: true }), readRecord(folder)])
    if ((await lookAt(path))?.ino !== stats.ino) return { kind: 'missing' } // removed while we waited for the lock
    if (record === undefined) return damaged('its record is missing or cannot be read')
    const { published, publishedBytes, compression, disk } = record
    const [algorithm, hex] = basename(folder).split('-')
    if (![...published].some(([name, digest]) => name === algorithm && digest === hex)) return damaged('its record is of another image')
    if (expected.some((digest) => !published.has(digest.algorithm))) return { kind: 'unproven' }
    verifyDigests(shown, published, expected)
    if (Number(stats.size) !== disk.bytes) return damaged(`it has ${formatBytes(Number(stats.size))} and not ${formatBytes(disk.bytes)}`)
    if (!same(record.seen, seenOf(stats))) {
      const { sha256, seen } = await hashAlone(file, signal)
      if (seen === undefined) return damaged('something writes to it')
      if (sha256 !== disk.sha256) return damaged(`its sha256 is ${sha256} and not ${disk.sha256}`)
      // It was copied here or came out of an archive. In a folder of somebody else's it is hashed each time.
      await writeRecord(folder, { ...record, seen }).catch(() => undefined)
    }
    await touch(folder)
    return { kind: 'sound', lock, stored: { path, publishedBytes, published, sha256: disk.sha256, compression } }
  } finally {
    await file.close()
  }
}

const damaged = (why: string): Found => ({ kind: 'damaged', why })

export const seenOf = ({ ino, mtimeNs, ctimeNs }: BigIntStats): Seen => ({
  ino: String(ino),
  mtimeNs: String(mtimeNs),
  ctimeNs: String(ctimeNs),
})

const same = (left: Seen, right: Seen): boolean =>
  left.ino === right.ino && left.mtimeNs === right.mtimeNs && left.ctimeNs === right.ctimeNs

// seen is undefined when the file changed meanwhile.
const hashAlone = async (file: FileHandle, signal: AbortSignal): Promise<{ readonly sha256: string; readonly seen: Seen | undefined }> => {
  await file.chmod(0o444).catch(() => undefined)
  const seen = seenOf(await file.stat({ bigint: true }))
  const readInto = async (buffer: Buffer, offset: number) => (await file.read(buffer, 0, buffer.length, offset)).bytesRead
  const sha256 = (await hashFile({ readInto }, [], signal)).get('sha256') ?? ''
  return { sha256, seen: same(seen, seenOf(await file.stat({ bigint: true }))) ? seen : undefined }
}

// When it was last used.
const touch = (folder: string): Promise<void> => utimes(recordPath(folder), new Date(), new Date()).catch(() => undefined)
