import type { BigIntStats } from 'node:fs'
import { constants, open, type FileHandle } from 'node:fs/promises'
import { algorithmOfHex } from '../../lib/digests'
import { formatBytes } from '../../lib/shown'
import { hashFile } from '../files/hash-file'

export interface KeptFile {
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

const seenOf = ({ ino, mtimeNs, ctimeNs }: BigIntStats): Seen => ({
  ino: String(ino),
  mtimeNs: String(mtimeNs),
  ctimeNs: String(ctimeNs),
})

export const sameSeen = (left: Seen, right: Seen | undefined): boolean =>
  left.ino === right?.ino && left.mtimeNs === right.mtimeNs && left.ctimeNs === right.ctimeNs

// Whether a record's words for a file are what we write. Whoever packed the folder for another machine may have packed anything.
export const isKeptFile = ({ sha256, bytes, seen }: KeptFile): boolean =>
  Number.isSafeInteger(bytes) &&
  algorithmOfHex(sha256) === 'sha256' &&
  [seen.ino, seen.mtimeNs, seen.ctimeNs].every((value: unknown) => typeof value === 'string')

// What a file looks like now, or what is wrong with it. Reads it through, unless size, inode and times are those recorded.
export const lookAtFile = async (
  path: string,
  word: string,
  { sha256, bytes, seen }: KeptFile,
  signal: AbortSignal,
): Promise<Seen | string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (file === undefined) return `its ${word} cannot be read`
  try {
    const stats = await file.stat({ bigint: true })
    if (!stats.isFile()) return `its ${word} cannot be read`
    if (Number(stats.size) !== bytes) return `it has ${formatBytes(Number(stats.size))} and not ${formatBytes(bytes)}`
    if (sameSeen(seen, seenOf(stats))) return seen
    const hashed = await hashAlone(file, signal)
    if (hashed.seen === undefined) return 'something writes to it'
    return hashed.sha256 === sha256 ? hashed.seen : `its sha256 is ${hashed.sha256} and not ${sha256}`
  } finally {
    await file.close()
  }
}

// Makes a file that nobody writes to any more durable, and tells what it is.
export const settleFile = async (path: string, known: string | undefined, signal: AbortSignal): Promise<KeptFile> => {
  const file = await open(path)
  try {
    await file.chmod(0o444)
    await file.sync()
    const sha256 = known ?? (await sha256Of(file, signal))
    const stats = await file.stat({ bigint: true })
    return { sha256, bytes: Number(stats.size), seen: seenOf(stats) }
  } finally {
    await file.close()
  }
}

// seen is undefined when the file changed meanwhile.
const hashAlone = async (file: FileHandle, signal: AbortSignal): Promise<{ readonly sha256: string; readonly seen: Seen | undefined }> => {
  await file.chmod(0o444).catch(() => undefined)
  const seen = seenOf(await file.stat({ bigint: true }))
  const sha256 = await sha256Of(file, signal)
  return { sha256, seen: sameSeen(seen, seenOf(await file.stat({ bigint: true }))) ? seen : undefined }
}

const sha256Of = async (file: FileHandle, signal: AbortSignal): Promise<string> => {
  const readInto = async (buffer: Buffer, offset: number) => (await file.read(buffer, 0, buffer.length, offset)).bytesRead
  return (await hashFile({ readInto }, [], signal)).get('sha256') ?? ''
}
