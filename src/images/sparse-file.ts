import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { JobError } from '../errors'
import { systemClock } from '../lib/clock'
import { formatBytes } from './shown'
import { freeBytes, noSpace } from './space'

const blockBytes = 64 * 1024
const bufferBytes = 1024 * 1024
const checkSpaceBytes = 256 * 1024 * 1024
const followedBytes = 16 * 1024 * 1024 // are looked at before the free space is, again
const followMs = 10
const zeros = Buffer.alloc(blockBytes)

export interface SparseFile {
  readonly write: (chunk: Buffer) => Promise<void>
  readonly path: string // for a program that writes all of it instead, in order
  readonly follow: (finished: Promise<unknown>) => Promise<void> // looks at what that program writes, until it is finished
  readonly end: () => Promise<void> // cuts the file to its length and closes it
  readonly abort: () => Promise<void> // closes and removes it
}

export interface SparseOptions {
  readonly path: string // must not exist
  readonly shown: string
  readonly maxBytes: number // image-error when there are more, holes included
  readonly reserveBytes: number // infra-error when less than that would stay free on the disk
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined // every byte in order, before it is written
  readonly onHead?: ((head: Uint8Array) => void) | undefined // the first 1 MiB or all there is; may throw to refuse the rest
}

// Writes a file whose runs of zeros become holes: an image of 10 GiB with 1 GiB in it takes 1 GiB, and its zeros cost no time.
export const createSparseFile = async ({ path, shown, maxBytes, reserveBytes, onBytes, onHead }: SparseOptions): Promise<SparseFile> => {
  const file = await open(path, 'wx+', 0o600)
  const buffer = Buffer.allocUnsafe(bufferBytes)
  let filled = 0
  let position = 0
  let budget = 0 // may be written before the free space is looked at again

  const tooLarge = (): JobError =>
    new JobError('image-error', `${shown} unpacks to more than ${formatBytes(maxBytes)}`, {
      hint: 'A small archive that grows so much is either a trap or not a cloud image.',
    })
  const requireReserve = async (needed: number): Promise<number> => {
    const spare = (await freeBytes(dirname(path))) - reserveBytes
    if (spare < needed) {
      throw noSpace(`${shown} has ${formatBytes(position)} already, and ${formatBytes(reserveBytes)} must stay free`)
    }
    return spare
  }
  // The next piece of the file, in order, as it is or will be on the disk.
  const look = (piece: Uint8Array): void => {
    if (position === 0) onHead?.(piece)
    onBytes?.(piece)
  }

  const writeRun = async (start: number, end: number): Promise<void> => {
    if (start === end) return
    if (end - start > budget) {
      budget = Math.min(await requireReserve(end - start), checkSpaceBytes)
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
    look(full)
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
      if (position + filled + chunk.length > maxBytes) throw tooLarge()
      for (let at = 0; at < chunk.length;) {
        const taken = chunk.copy(buffer, filled, at)
        filled += taken
        at += taken
        if (filled === bufferBytes) await flush()
      }
    },
    path,
    follow: async (finished) => {
      const state = { over: false }
      const end = finished.catch(() => undefined).then(() => (state.over = true))
      for (;;) {
        const last = state.over // nothing comes after what is read now
        const { bytesRead } = await file.read(buffer, filled, bufferBytes - filled, position + filled)
        filled += bytesRead
        if (position + filled > maxBytes) throw tooLarge()
        if (filled === bufferBytes) {
          look(buffer.subarray(0, filled))
          position += filled
          filled = 0
          if (position % followedBytes === 0) await requireReserve(0)
        }
        if (bytesRead > 0) continue
        if (last) return // the rest in the buffer is for `end`, once it is known to be whole
        if ((await file.stat()).size > maxBytes) throw tooLarge() // a hole shows all at once
        await requireReserve(0)
        await Promise.race([end, systemClock.sleep(followMs)])
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
