import { fstat, open, read, stat, constants, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { JobError } from '../errors'
import { printable } from '../lib/shown'

const openFile = promisify(open)
const statFd = promisify(fstat)
const statPath = promisify(stat)

// The part of a file that is the disk: in a box that is not packed it need not be copied out.
export interface Window {
  readonly offset: number
  readonly bytes: number
}

// What says that a file is still the one it was, with the times to the nanosecond.
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

// A file that is read from beginning to end of the run through one descriptor, so that it stays the same file whatever happens to its name.
export interface DiskFile {
  readonly path: string
  readonly fd: number // for reading; who gets it gets this file, whatever its name leads to by then
  readonly window: Window | undefined // all below is about that part of the file
  readonly bytes: number
  readonly readAt: (offset: number, length: number) => Promise<Buffer> // shorter at the end of the file
  readInto(buffer: Buffer, offset: number): Promise<number>
  unchanged(): Promise<boolean> // same content as far as the file system knows, and still under its name
}

export const identityOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity => ({ dev, ino, size, mtimeNs, ctimeNs })

const same = (left: FileIdentity, right: FileIdentity): boolean =>
  left.dev === right.dev &&
  left.ino === right.ino &&
  left.size === right.size &&
  left.mtimeNs === right.mtimeNs &&
  left.ctimeNs === right.ctimeNs

export const notAFile = (path: string): JobError =>
  new JobError('image-error', `${printable(path, 300)} is a device, socket or pipe, not a file`, { hint: 'Give the path of a file.' })

export const imageChanged = (path: string): JobError =>
  new JobError('image-error', `${printable(path, 300)} changed after it was read`, {
    hint: 'Something else wrote to the file, or put another in its place: test a copy that nothing writes to.',
  })

// Opens a file read-only. The descriptor stays open as long as we live; a bare number, since a FileHandle would be closed as garbage.
// was: what it must still be, where it was read before. image-error: it is not, or it is no file by now.
export const openDiskFile = async (path: string, window?: Window, was?: FileIdentity): Promise<DiskFile> => {
  // Not to wait for a writer, should a pipe have taken the file's place.
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await statFd(fd, { bigint: true })
  if (!stats.isFile()) throw notAFile(path)
  const before = identityOf(stats)
  if (was !== undefined && !same(before, was)) throw imageChanged(path)
  const start = window?.offset ?? 0
  const bytes = window?.bytes ?? Number(before.size)
  const readInto = (buffer: Buffer, offset: number): Promise<number> =>
    new Promise((resolve, reject) => {
      read(fd, buffer, 0, Math.min(buffer.length, Math.max(bytes - offset, 0)), start + offset, (error, bytesRead) => {
        if (error) reject(error)
        else resolve(bytesRead)
      })
    })
  return {
    path,
    fd,
    window,
    bytes,
    readInto,
    readAt: async (offset, length) => {
      const buffer = Buffer.alloc(Math.max(Math.min(length, bytes - offset), 0))
      let filled = 0
      while (filled < buffer.length) {
        const bytesRead = await readInto(buffer.subarray(filled), offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    unchanged: async () => {
      const held = identityOf(await statFd(fd, { bigint: true }))
      const named = await statPath(path, { bigint: true }).then(identityOf, () => undefined)
      return same(before, held) && named !== undefined && same(before, named)
    },
  }
}
