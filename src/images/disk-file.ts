import { fstat, open, read, stat, constants, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import type { Window } from './disks'

const openFile = promisify(open)
const statFd = promisify(fstat)
const statPath = promisify(stat)

// What says that a file is still the one it was, with the times to the nanosecond.
export interface Identity {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

// A file that is read from beginning to end of the run through one descriptor, so that it stays the same file whatever happens to its name.
export interface DiskFile {
  readonly path: string
  readonly window: Window | undefined // all below is about that part of the file
  readonly bytes: number
  readonly readAt: (offset: number, length: number) => Promise<Buffer> // shorter at the end of the file
  readInto(buffer: Buffer, offset: number): Promise<number>
  unchanged(): Promise<boolean> // same content as far as the file system knows, and still under its name
}

const identityOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Identity => ({ dev, ino, size, mtimeNs, ctimeNs })

const same = (left: Identity, right: Identity): boolean =>
  left.dev === right.dev &&
  left.ino === right.ino &&
  left.size === right.size &&
  left.mtimeNs === right.mtimeNs &&
  left.ctimeNs === right.ctimeNs

// Opens a file read-only. The descriptor stays open as long as we live; a bare number, since a FileHandle would be closed as garbage.
export const openDiskFile = async (path: string, window?: Window): Promise<DiskFile> => {
  // Not to wait for a writer, should a pipe have taken the file's place.
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const before = identityOf(await statFd(fd, { bigint: true }))
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
