import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeRoom } from '../../../../src/host/kept/trim'
import { imageShelf } from '../../../../src/images/cache/record'
import { tryLock } from '../../../../src/host/file-lock'
import { boxFile, ovf, text } from '../boxes/make-box'
import { repeatingVmdk } from '../boxes/make-vmdk'
import { folder, inFolder, noise, obtaining, pack } from '../../../support/make'
import { startServer, type TestServer } from '../../../support/server'
import { startJob } from './jobs'
import { smallDisk, type SmallDisk } from '../../../support/small-disk'

const MiB = 1024 * 1024
// Each byte of them takes room.
const image = (seed: number) => {
  const bytes = noise(4 * MiB, seed).fill(0, 0, 510)
  bytes.writeUInt16LE(0xaa55, 510)
  const checksum = createHash('sha256').update(bytes).digest('hex')
  return { bytes, checksum, key: `sha256-${checksum}`, path: `/${seed}.raw` }
}
type Image = ReturnType<typeof image>
const [one, two, three] = [image(1), image(2), image(3)]

const able = await (async () => {
  const disk = await smallDisk(MiB)
  await disk?.[Symbol.asyncDispose]()
  return disk !== undefined
})()

describe.skipIf(!able)('on a disk with room for two images and a half', () => {
  let disk: SmallDisk
  let server: TestServer
  beforeEach(async () => {
    const made = await smallDisk(10 * MiB)
    if (made === undefined) throw new RangeError('no disk')
    disk = made
    server = await startServer()
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.close()
    await disk[Symbol.asyncDispose]()
  })
  const cacheDir = (): string => join(disk.path, 'cache')
  const entries = (): string[] => readdirSync(cacheDir()).filter((name) => !name.startsWith('.'))
  const keys = (...images: Image[]): string[] => images.map(({ key }) => key)

  const start = ({ bytes, checksum, path }: Image) =>
    startJob({ source: server.put(path, bytes), checksum, cacheDir: cacheDir(), reserveBytes: 0 })
  const unused = async (what: Image, ageMinutes: number): Promise<void> => {
    const job = start(what)
    await job.ready
    await job.end()
    const used = new Date(Date.now() - ageMinutes * 60_000)
    utimesSync(join(cacheDir(), what.key, 'entry.json'), used, used)
  }
  const removed = 'the disk is full: an image that no job uses is removed from the cache'

  it('what was used longest ago gives way to a third, and nothing more', async () => {
    await unused(one, 10)
    await unused(two, 20)
    const job = start(three)
    expect(await job.ready).toMatchObject({ sha256: three.checksum })
    expect(await job.told('progress')).toBe(removed)
    expect(new Set(entries())).toEqual(new Set(keys(one, three)))
  })

  it('what a job uses stays, and only then there is not enough room', async () => {
    const users = [start(one), start(two)]
    await Promise.all(users.map(({ ready }) => ready))
    await expect(start(three).ready).rejects.toThrow(
      /^not enough disk space: 3\.raw needs 4 MiB and 0 bytes to spare; [\d.]+ MiB are free$/,
    )
    expect(new Set(entries())).toEqual(new Set(keys(one, two)))
    await users[0]?.end()
    expect(await start(three).ready).toMatchObject({ sha256: three.checksum })
    expect(new Set(entries())).toEqual(new Set(keys(two, three)))
  })

  it('room is made for what turns out to be larger than its archive', async () => {
    await unused(one, 10)
    await unused(two, 20)
    const bytes = Buffer.alloc(4 * MiB, noise(1000)).fill(0, 0, 510)
    bytes.writeUInt16LE(0xaa55, 510)
    const packed = pack('xz', bytes)
    expect(packed.length).toBeLessThan(MiB)
    const checksum = createHash('sha256').update(packed).digest('hex')
    const large = { bytes: packed, checksum, key: `sha256-${checksum}`, path: '/large.raw.xz' }
    await start(large).ready
    expect(new Set(entries())).toEqual(new Set(keys(one, large)))
  })

  it('room is made for what does not go into the cache, where it goes onto its disk', async () => {
    await unused(one, 20)
    await unused(two, 10)
    const dir = join(disk.path, 'job')
    mkdirSync(dir)
    const { disks, progress } = obtaining(inFolder('local.raw.gz', pack('gzip', three.bytes)), {
      dir,
      cache: { dir: cacheDir(), maxBytes: 1024 * MiB },
      limits: { reserveBytes: 0 },
    })
    await disks
    expect(progress).toContain(removed)
    expect(entries()).toEqual(keys(two))
  })

  it('room is made for the disk of a box that is converted, and no more than that takes', async () => {
    await unused(one, 20)
    await unused(two, 10)
    const dir = join(disk.path, 'job')
    mkdirSync(dir)
    // Nobody but us is known on such a disk: of a program in a folder that is closed to others, we make no other user's.
    const bin = folder()
    const qemuImg = execFileSync('sh', ['-c', 'command -v qemu-img'], { encoding: 'utf8' }).trim()
    writeFileSync(join(bin, 'qemu-img'), `#!/bin/sh\nexec ${qemuImg} "$@"\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
    const box = boxFile([text('x.ovf', ovf('disk.vmdk')), { name: 'disk.vmdk', content: repeatingVmdk(4) }], { name: 'x.ova' })
    const { disks, progress } = obtaining(box, {
      dir,
      cache: { dir: cacheDir(), maxBytes: 1024 * MiB },
      limits: { reserveBytes: 0 },
    })
    expect((await disks).disks[0]?.virtualBytes).toBe(4 * MiB)
    expect(progress).toContain(removed)
    expect(entries()).toEqual(keys(two))
  })

  it('nothing is removed from a cache that is not used', async () => {
    await unused(one, 20)
    await unused(two, 10)
    rmSync(join(cacheDir(), '.locks'), { recursive: true })
    writeFileSync(join(cacheDir(), '.locks'), '')
    const dir = join(disk.path, 'job')
    mkdirSync(dir)
    const { bytes, checksum, path } = three
    const cache = { dir: cacheDir(), maxBytes: 1024 * MiB }
    const { disks, warnings } = obtaining(server.put(path, bytes), { dir, cache, limits: { reserveBytes: 0 }, request: { checksum } })
    await expect(disks).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/^not enough disk space/) as string,
    })
    expect(warnings).toEqual([expect.stringContaining('is not used') as string])
    expect(new Set(entries())).toEqual(new Set(keys(one, two)))
  })

  it('what cannot be removed is not kept from others', async () => {
    const kept = join(cacheDir(), one.key, 'disk')
    mkdirSync(join(kept, '..'), { recursive: true }) // and no folder to remove it in
    writeFileSync(kept, one.bytes)
    const { signal } = new AbortController()
    const removed: number[] = []
    expect(await makeRoom(imageShelf(cacheDir()), 8 * MiB, { signal, onRemoved: (images) => removed.push(images) })).toBeLessThan(8 * MiB)
    expect(removed).toEqual([])
    const lock = await tryLock({ path: kept, mode: 'exclusive', signal })
    expect(lock).toBeDefined()
    await lock?.release()
  })

  it.each(['goes elsewhere', 'has no room without them either'])('nothing is removed for what %s', async (what) => {
    await unused(one, 10)
    const dir = what === 'goes elsewhere' ? folder() : join(disk.path, 'job')
    mkdirSync(dir, { recursive: true })
    const { bytes, path } = two
    const cache = { dir: cacheDir(), maxBytes: 1024 * MiB }
    const { disks } = obtaining(server.put(path, bytes), { dir, cache, limits: { reserveBytes: 2 ** 60 } })
    await expect(disks).rejects.toMatchObject({ outcome: 'infra-error' })
    expect(existsSync(join(cacheDir(), one.key, 'disk'))).toBe(true)
  })
})
