import type { Readable, Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { startFilter } from '../host/process'
import { JobError } from '../errors'
import { printable } from '../lib/shown'

export type Compression = 'xz' | 'zstd' | 'gzip' | 'bzip2'

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
]
export const compressionMagicBytes = 6

export const isCompression = (text: string): text is Compression => magics.some(([name]) => name === text)

// What a file's first bytes are packed with; undefined for none. Names lie, and Debian's and Fedora's differ.
export const compressionOf = (head: Uint8Array): Compression | undefined =>
  magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0]

// The file's name without the ending that its packing gave it.
export const unpackedName = (name: string): string => name.replace(/\.(xz|zst|zstd|gz|bz2)$/i, '')

export interface Decompressor {
  readonly entry: Writable
  readonly exit: Readable
  readonly finished: Promise<void> // rejects with image-error for a damaged archive, infra-error when the program is missing or dies
  readonly kill: () => void
}

// Memory that a hostile archive can make the program take; xz -9 needs 65 MiB, zstd --ultra -22 128 MiB.
const memoryLimit = '1024MiB'

const programs = {
  xz: { args: ['--decompress', '--stdout', '--threads=0', `--memlimit-decompress=${memoryLimit}`], package: 'xz-utils' },
  zstd: { args: ['-d', '-c', '-q', `--memory=${memoryLimit}`], package: 'zstd' },
  bzip2: { args: ['-d', '-c', '-q'], package: 'bzip2' },
} as const

// Starts unpacking: packed bytes go into `entry`, unpacked ones come out of `exit`.
export const startDecompressor = (compression: Compression, shown: string, signal: AbortSignal): Decompressor => {
  if (compression === 'gzip') {
    const gunzip = createGunzip({ chunkSize: 256 * 1024 })
    return {
      entry: gunzip,
      exit: gunzip,
      finished: new Promise((resolve, reject) => {
        // The end of the data comes before that of the file when something follows it; a stream that is destroyed has no end.
        gunzip.once('end', resolve).once('close', resolve)
        gunzip.once('error', (error) => {
          reject(damaged(shown, 'gzip', error.message, error))
        })
      }),
      kill: () => gunzip.destroy(),
    }
  }
  const { args, package: packageName } = programs[compression]
  const filter = startFilter({ file: compression, args, env: { LC_ALL: 'C' }, signal })
  return {
    entry: filter.stdin,
    exit: filter.stdout,
    finished: filter.finished.then(({ ok, missing, exitCode, signal: killedBy, stderr }) => {
      if (ok) return
      signal.throwIfAborted()
      if (missing) {
        throw new JobError('infra-error', `${shown} is packed with ${compression}, which is not installed`, {
          hint: `Install it first: sudo apt-get install ${packageName}`,
        })
      }
      if (exitCode === undefined) {
        throw new JobError('infra-error', `${compression} was ended by ${killedBy ?? 'something'} while it unpacked ${shown}`, {
          hint: 'The machine may be out of memory.',
        })
      }
      throw damaged(shown, compression, saying(stderr))
    }),
    kill: filter.kill,
  }
}

// 'xz: (stdin): Compressed data is corrupt' → 'Compressed data is corrupt'
const saying = (stderr: string): string => {
  const first = stderr.split('\n').find((line) => line.trim() !== '') ?? 'nothing'
  return first.replace(/^(xz|zstd|bzip2): */, '').replace(/^\(?(\/\*?stdin\*?\\?|stdin)\)? ?: */, '')
}

const damaged = (shown: string, program: string, said: string, cause?: unknown): JobError =>
  new JobError('image-error', `${shown} cannot be unpacked; ${program} says: ${printable(said.trim())}`, {
    hint: 'The archive is damaged or cut short: make or fetch it again.',
    cause,
  })
