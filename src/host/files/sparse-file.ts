import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { JobError } from '../../errors'
import { formatBytes } from '../../lib/shown'
import { freeBytes, noSpace, type Space } from './space'

const blockBytes = 64 * 1024
const bufferBytes = 1024 * 1024
const checkSpaceBytes = 256 * 1024 * 1024
const zeros = Buffer.alloc(blockBytes)

export interface SparseFile {
  readonly write: (chunk: Buffer) => Promise<void>
  readonly end: () => Promise<void> // cuts the file to its length and closes it
  readonly abort: () => Promise<void> // closes and removes it
}

export interface SparseOptions extends Space {
  readonly path: string // must not exist
  readonly shown: string
  readonly maxBytes: number // image-error when there are more, holes included
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined // every byte in order, before it is written
  readonly onHead?: ((head: Uint8Array) => void) | undefined // the first 1 MiB or all there is; may throw to refuse the rest
}

// Writes a file whose runs of zeros become holes: an image of 10 GiB with 1 GiB in it takes 1 GiB, and its zeros cost no time.
// infra-error when less than the reserve would stay free on the disk.
export const createSparseFile = async (options: SparseOptions): Promise<SparseFile> => {
  const { path, shown, maxBytes, reserveBytes, makeRoom, onBytes, onHead } = options
  const file = await open(path, 'wx', 0o600)
  const buffer = Buffer.allocUnsafe(bufferBytes)
  let filled = 0
  let position = 0
  let budget = 0 // may be written before the free space is looked at again

  const writeRun = async (start: number, end: number): Promise<void> => {
    if (start === end) return
    if (end - start > budget) {
      const needed = end - start
      const spare = (await freeBytes(dirname(path))) - reserveBytes
      // All that was made free may be written before more is asked for: a file system that counts it only later would cost an image each time.
      const made = spare < needed ? ((await makeRoom?.(needed + reserveBytes)) ?? 0) - reserveBytes : 0
      budget = Math.max(Math.min(spare, checkSpaceBytes), made)
      if (budget < needed)
        throw noSpace(`${shown} has ${formatBytes(position + start)} already, and ${formatBytes(reserveBytes)} must stay free`)
    }
    budget -= end - start
    for (let at = start; at < end;) {
      const { bytesWritten } = await file.write(buffer, at, end - at, position + at).catch((error: unknown) => {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
        if (code === 'ENOSPC' || code === 'EDQUOT') throw noSpace(`writing ${shown} failed (${code})`, error)
        throw new JobError('infra-error', `writing ${shown} failed: ${code}`, {
          hint: 'Look at the disk of the working folder.',
          cause: error,
        })
      })
      at += bytesWritten
    }
  }

  const flush = async (): Promise<void> => {
    const full = buffer.subarray(0, filled)
    if (position === 0) onHead?.(full)
    onBytes?.(full)
    let start = 0 // of the run of blocks that are not zero
    for (let at = 0; at < filled; at += blockBytes) {
      const end = Math.min(at + blockBytes, filled)
      if (full.compare(zeros, 0, end - at, at, end) !== 0) continue
      await writeRun(start, at)
      start = end
    }
    await writeRun(start, filled)
    position += filled
    filled = 0
  }

  return {
    write: async (chunk) => {
      if (position + filled + chunk.length > maxBytes) {
        throw new JobError('image-error', `${shown} unpacks to more than ${formatBytes(maxBytes)}`, {
          hint: 'A small archive that grows so much is either a trap or not a cloud image.',
        })
      }
      for (let at = 0; at < chunk.length;) {
        const taken = chunk.copy(buffer, filled, at)
        filled += taken
        at += taken
        if (filled === bufferBytes) await flush()
      }
    },
    end: async () => {
      await flush()
      await file.truncate(position)
      await file.close()
    },
    abort: async () => {
      await file.close().catch(() => undefined)
      await rm(path, { force: true })
    },
  }
}
