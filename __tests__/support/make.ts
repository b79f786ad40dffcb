// Images and surroundings for these tests: small, real, made on the spot.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { ImageRequest } from '../../src/config/job'
import type { Disks } from '../../src/images/disks'
import { obtainImage, type ImageOptions } from '../../src/images/index'

// A folder that is gone after the test.
export const folder = (): string => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'images-test-')))
  folders.push(dir)
  return dir
}
const folders: string[] = []
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true })
})

export interface Obtaining extends Partial<ImageOptions> {
  readonly request?: Partial<ImageRequest>
}

// obtainImage with the patience of a test. What it said is in `progress` and `warnings`.
export const obtaining = (source: string, { request = {}, limits = {}, ...options }: Obtaining = {}) => {
  const progress: string[] = []
  const warnings: string[] = []
  const dir = options.dir ?? folder()
  const disks: Promise<Disks> = obtainImage(
    { source, verify: 'auto', ...request },
    {
      dir,
      cwd: dir,
      env: {},
      signal: new AbortController().signal,
      deadlineMs: performance.now() + 600_000,
      onProgress: (text) => progress.push(text),
      warn: (text) => warnings.push(text),
      // What lies beside an image is looked for only where that is asked.
      limits: { stallMs: 60_000, firstRetryMs: 5, longestRetryMs: 50, besideMs: 0, ...limits },
      ...options,
    },
  )
  return { disks, dir, progress, warnings }
}

export const obtain = (source: string, given?: Obtaining): Promise<Disks> => obtaining(source, given).disks

// Bytes that no program can pack, the same for the same seed.
export const noise = (bytes: number, seed = 1): Buffer => {
  const random = prng(seed)
  const buffer = Buffer.alloc(bytes)
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(random(), at)
  return buffer
}

// xorshift32: numbers from 0 to 2^32 - 1.
export const prng = (seed: number) => {
  let state = seed >>> 0 || 1
  return (): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

// A disk with a boot sector, some noise and a lot of nothing.
export const rawDisk = (bytes = 4 * 1024 * 1024, seed = 1): Buffer => {
  const disk = Buffer.alloc(bytes)
  noise(Math.min(300_000, bytes / 2), seed).copy(disk, 1024)
  disk.writeUInt16LE(0xaa55, 510)
  return disk
}

export interface Qcow2Parts {
  readonly version?: number
  readonly clusterBits?: number
  readonly virtualBytes?: number
  readonly backing?: string
  readonly encryption?: number
  readonly l1Entries?: number
  readonly l1Offset?: number
  readonly refcountOffset?: number
  readonly refcountClusters?: number
  readonly snapshots?: number
  readonly snapshotsOffset?: number
  readonly incompatible?: bigint
  readonly refcountOrder?: number
  readonly headerBytes?: number
  readonly compression?: number
  readonly extensions?: readonly { readonly type: number; readonly data: string; readonly claims?: number }[]
}

// A qcow2 image written by hand: header, refcount table and block, L1 table, a cluster each. What is not given is sound.
export const qcow2 = (parts: Qcow2Parts = {}): Buffer => {
  const { version = 3, clusterBits = 16, virtualBytes = 16 * 1024 * 1024, headerBytes = 112, extensions = [], backing } = parts
  const cluster = 2 ** Math.min(Math.max(clusterBits, 9), 21)
  const image = Buffer.alloc(cluster * 4)
  image.writeUInt32BE(0x514649fb, 0)
  image.writeUInt32BE(version, 4)
  image.writeUInt32BE(clusterBits, 20)
  image.writeBigUInt64BE(BigInt(virtualBytes), 24)
  image.writeUInt32BE(parts.encryption ?? 0, 32)
  image.writeUInt32BE(parts.l1Entries ?? Math.ceil(virtualBytes / (cluster * (cluster / 8))), 36)
  image.writeBigUInt64BE(BigInt(parts.l1Offset ?? cluster * 3), 40)
  image.writeBigUInt64BE(BigInt(parts.refcountOffset ?? cluster), 48)
  image.writeUInt32BE(parts.refcountClusters ?? 1, 56)
  image.writeUInt32BE(parts.snapshots ?? 0, 60)
  image.writeBigUInt64BE(BigInt(parts.snapshotsOffset ?? 0), 64)
  let at = 72
  if (version === 3) {
    image.writeBigUInt64BE(parts.incompatible ?? 0n, 72)
    image.writeUInt32BE(parts.refcountOrder ?? 4, 96)
    image.writeUInt32BE(headerBytes, 100)
    image.writeUInt8(parts.compression ?? 0, 104)
    at = headerBytes
  }
  for (const { type, data, claims } of extensions) {
    image.writeUInt32BE(type, at)
    image.writeUInt32BE(claims ?? data.length, at + 4)
    image.write(data, at + 8, 'latin1')
    at += 8 + Math.ceil(data.length / 8) * 8
  }
  if (backing !== undefined) {
    image.writeBigUInt64BE(BigInt(at + 16), 8)
    image.writeUInt32BE(backing.length, 16)
    image.write(backing, at + 16, 'latin1')
  }
  image.writeBigUInt64BE(BigInt(cluster * 2), cluster)
  for (let block = 0; block < 4; block += 1) image.writeUInt16BE(1, cluster * 2 + block * 2)
  return image
}

export const inFolder = (name: string, content: Buffer | string, dir = folder()): string => {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

export const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const qemuImg = (...args: string[]): string =>
  execFileSync('qemu-img', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

// Packs bytes with the real program.
export const pack = (program: 'xz' | 'zstd' | 'gzip' | 'bzip2', bytes: Buffer): Buffer =>
  execFileSync(program, ['-c', '-q'], { input: bytes, maxBuffer: 1024 * 1024 * 1024 })
