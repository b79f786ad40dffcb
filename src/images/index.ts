// The images room: what a job names → local disks, verified and inspected before any tool opened them.
import { open, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { ImageRequest } from '../config/job'
import { systemClock, type Clock } from '../lib/clock'
import { openBox } from './boxes/open'
import { storeCached, type Cache } from './cache'
import { compressionOf } from '../formats/compression'
import { refuseContradiction } from './trust/contradiction'
import { readCredentials } from '../fetch/credentials'
import { deadlineSignal } from '../fetch/deadline'
import { verifyDigests, type Digests } from '../lib/digests'
import { openDiskFile } from '../formats/disk-file'
import type { Disks } from './disks'
import { imageFacts } from './facts'
import { inspect, readFormat, type DiskFormat } from '../formats/inspect'
import { defaultLimits, type ImageNetwork, type Limits } from './limits'
import { readMirrors } from '../fetch/metalink'
import { ownOrigins } from './names/base-urls'
import { hashFile } from '../host/files/hash-file'
import { createProof } from './proof'
import { resolveImage } from './names/resolve'
import type { Source } from './resolved'
import { shownSource } from '../lib/shown'
import { pinnedKeys, type Key } from './trust/signatures/keys'
import type { Stored } from './store/store'
import { blockBytes, isTar } from '../formats/tar/header'
import { verification } from './trust/verification'

export interface ImageOptions {
  readonly dir: string // exists; what is fetched or unpacked goes into a folder of its own in it, which is removed again when that fails
  readonly signal: AbortSignal
  readonly deadlineMs: number // as clock.now() tells it
  readonly onProgress: (text: string) => void // one line; of a transfer at most once a second
  readonly cwd: string // what paths in the job are relative to
  readonly env: Readonly<Record<string, string | undefined>>
  readonly warn: (text: string) => void // for the report: what is otherwise than asked
  readonly clock?: Clock
  readonly limits?: Partial<Limits>
  readonly keys?: readonly Key[] // that may sign checksum files; those of this project unless told
  readonly cache?: Cache | undefined // for images from servers; without it each run fetches its own
  readonly marker?: string // in the environment of what is started to install gpgv and to convert disks
}

// Finds, fetches, verifies, unpacks and inspects an image. A local image that is not packed is used where it lies and never written to.
// config-error: this kind of source is not supported, or what is asked contradicts itself. image-error: not found, not what was published,
// not a bootable disk, or one that would make QEMU open other files. infra-error: the network, the disk, or a program that is missing.
// Rejects with the signal's reason when that aborts.
export const obtainImage = async (request: ImageRequest, options: ImageOptions): Promise<Disks> => {
  const { dir, signal, cwd, env, onProgress, warn, deadlineMs, clock = systemClock, keys = pinnedKeys } = options
  const limits = { ...defaultLimits, ...options.limits }
  signal.throwIfAborted()
  const format = readFormat(request.format)
  let made: Stored | undefined
  const deadline = deadlineSignal(signal, deadlineMs, clock, () => `${shownSource(request.source)} is fetched`)
  try {
    const credentials = readCredentials({ source: request.source, ownOrigins: () => ownOrigins(env), env, warn })
    const network: ImageNetwork = { signal: deadline.signal, deadlineMs, clock, limits, onProgress, credentials, env }
    const resolved = await resolveImage(request, { network, cwd, env, keys, warn })
    const { source, mirrors: list } = resolved
    const gpgv = { dir, signal: deadline.signal, onProgress, marker: options.marker }
    const verified = await verification(request, resolved, { network, gpgv, keys, cwd, warn })
    const { expected } = verified
    refuseContradiction(expected, source.shown)
    const fetched = async () => {
      const trusted = verified.level !== 'none'
      // A mirror may send anything; that it did is told by the digest alone.
      const mirrors = trusted && list !== undefined ? () => readMirrors(list, source.name, network) : undefined
      const { cache, marker } = options
      const stored = await storeCached(source, { ...network, dir, expected, trusted, format, mirrors, cache, marker, warn })
      made = stored
      return { path: stored.path, stored }
    }
    const { asked } = resolved
    const { path, stored } = (await usableInPlace(source, format)) ?? (await fetched())
    if (stored?.box !== undefined) {
      const { box } = stored
      const wanted = request.arch ?? resolved.arch ?? 'x86_64'
      const { sha256, ...opened } = await openBox(box, { arch: wanted, shown: source.shown, warn, signal: deadline.signal, limits })
      const [disk] = opened.disks
      const facts = imageFacts({ source, asked, verification: verified, stored, sha256, fileBytes: 0, disk })
      const { provider, info } = box
      const arch = resolved.arch ?? box.architecture
      return {
        ...opened,
        ...(arch === undefined ? {} : { arch }),
        facts: opened.box === undefined ? facts : { ...facts, box: { provider, info } },
      }
    }
    const file = await openDiskFile(path)

    // What was stored has been hashed on its way. A local file is hashed before it is parsed when that takes no time, else beside the boot.
    const pending = stored === undefined ? expected : []
    let digests: Digests | undefined = stored?.sha256 === undefined ? undefined : new Map([['sha256', stored.sha256]])
    if (digests === undefined && file.bytes <= limits.hashAtOnceBytes) digests = await hashFile(file, expected, signal)
    if (digests !== undefined) verifyDigests(source.shown, digests, pending)
    const { loginUser } = resolved
    const disk = await inspect(file, { shown: source.shown, format, maxVirtualBytes: limits.virtualBytes, warn })
    const hashed = digests === undefined ? hashFile(file, expected, signal) : Promise.resolve(digests)

    return {
      disks: [disk],
      facts: imageFacts({ source, asked, verification: verified, stored, sha256: digests?.get('sha256'), fileBytes: file.bytes, disk }),
      ...(loginUser === undefined ? {} : { loginUser }),
      ...(resolved.arch === undefined ? {} : { arch: resolved.arch }),
      provisioning: resolved.provisioning,
      proof: createProof(file, hashed, pending, source.shown),
    }
  } catch (error) {
    if (made !== undefined) await removeStored(made, dir)
    throw error
  } finally {
    deadline.dispose()
  }
}

// What was stored for this run alone; the cache keeps what is in it, since it is what was published.
const removeStored = async ({ path, box }: Stored, dir: string): Promise<void> => {
  const folder = box?.folder ?? dirname(path)
  if (resolve(folder, '..') === resolve(dir) && basename(folder).startsWith('image-')) await rm(folder, { recursive: true, force: true })
}

// A local image that needs no unpacking.
const usableInPlace = async (
  source: Source,
  format: DiskFormat | undefined,
): Promise<{ readonly path: string; readonly stored: undefined } | undefined> => {
  if (source.kind === 'url') return undefined
  const file = await open(source.path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, 0)
    const head = buffer.subarray(0, bytesRead)
    const packed = compressionOf(head) !== undefined || (format === undefined && isTar(head))
    return packed ? undefined : { path: source.path, stored: undefined }
  } finally {
    await file.close()
  }
}
