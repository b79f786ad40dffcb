import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createSparseFile } from '../../../../src/host/files/sparse-file'
import { createUnpacker } from '../../../../src/images/store/unpacker'
import { folder, inFolder, noise, obtain, obtaining, pack, qcow2, rawDisk } from '../../../support/make'
import { startServer } from '../../../support/server'

const disk = rawDisk(8 * 1024 * 1024)
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const path = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = path
})

describe.each([
  ['xz', 'xz'],
  ['zstd', 'zst'],
  ['gzip', 'gz'],
  ['bzip2', 'bz2'],
] as const)('a disk packed with %s', (program, ending) => {
  it('is unpacked, with holes, and leaves the original alone', async () => {
    const packed = pack(program, disk)
    const source = inFolder(`disk.raw.${ending}`, packed)
    const { disks, dir } = obtaining(source)
    const { disks: found, facts, proof } = await disks
    const unpacked = found[0]?.path ?? ''
    expect(basename(unpacked)).toBe('disk.raw')
    expect(unpacked.startsWith(`${dir}/image-`)).toBe(true)
    expect(readFileSync(unpacked).equals(disk)).toBe(true)
    expect(statSync(unpacked).blocks * 512).toBeLessThan(1024 * 1024)
    expect(facts).toMatchObject({ fetchedSha256: sha256(packed), sha256: sha256(disk), bytes: packed.length, format: 'raw' })
    expect(await proof()).toEqual({ sha256: sha256(disk), unchanged: true })
    expect(readFileSync(source).equals(packed)).toBe(true)
  })

  it('is known by its bytes, not by its name', async () => {
    expect((await obtain(inFolder('disk.qcow2', pack(program, qcow2())))).disks[0]?.format).toBe('qcow2')
  })

  it('is an error of the image when it is cut short or damaged', async () => {
    const packed = pack(program, noise(300_000))
    for (const bad of [
      packed.subarray(0, packed.length / 2),
      packed.subarray(0, 7),
      Buffer.concat([packed.subarray(0, 1000), noise(2000), packed.subarray(3000)]),
    ]) {
      const { disks, dir } = obtaining(inFolder(`disk.raw.${ending}`, bad))
      await expect(disks).rejects.toMatchObject({
        outcome: 'image-error',
        message: expect.stringMatching(new RegExp(`disk.raw.${ending} cannot be unpacked; ${program} says: [A-Z\\w].{5,}`)) as string,
      })
      expect(readdirSync(dir)).toEqual([])
    }
  })

  it('is an error of the image when it grows too much, and is stopped there', async () => {
    const bomb = inFolder(`bomb.${ending}`, pack(program, rawDisk(16 * 1024 * 1024)))
    const { disks, dir } = obtaining(bomb, { request: { format: 'raw' }, limits: { unpackedBytes: 1024 * 1024 } })
    await expect(disks).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining('unpacks to more than 1 MiB') as string,
    })
    expect(readdirSync(dir)).toEqual([])
  })

  // gzip is part of Node.
  if (program !== 'gzip') {
    it('needs its program', async () => {
      const source = inFolder(`disk.raw.${ending}`, pack(program, disk))
      process.env['PATH'] = folder()
      await expect(obtain(source)).rejects.toMatchObject({
        outcome: 'infra-error',
        message: expect.stringContaining(`is packed with ${program}, which is not installed`) as string,
        hint: expect.stringContaining('apt-get install') as string,
      })
    })
  }

  it.each([undefined, 'raw'])(
    'that begins with 1 MiB of zeros is refused there, and nothing more is unpacked: format %s',
    async (format) => {
      const source = inFolder(`zeros.${ending}`, pack(program, Buffer.alloc(64 * 1024 * 1024)))
      const limits = { unpackedBytes: 8 * 1024 * 1024 } // which it would meet later
      const { disks, dir } = obtaining(source, { limits, request: format === undefined ? {} : { format } })
      await expect(disks).rejects.toMatchObject({
        outcome: 'image-error',
        message: expect.stringContaining('begins with nothing but zeros') as string,
      })
      expect(readdirSync(dir).filter((name) => name.startsWith('image-'))).toEqual([])
    },
  )

  it('is unpacked to so many times its size, and no further, once it is large', async () => {
    const grown = Buffer.concat([rawDisk(1024 * 1024), Buffer.alloc(63 * 1024 * 1024)])
    const source = inFolder(`grown.${ending}`, pack(program, grown))
    const expansion = { fromBytes: 16 * 1024 * 1024, times: 20 }
    await expect(obtain(source, { limits: { expansion } })).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining('unpacks to more than 20 times its size') as string,
    })
    await obtain(source, { limits: { expansion: { ...expansion, times: 1e6 } } })
    await obtain(source, { limits: { expansion: { ...expansion, fromBytes: grown.length } } })
  })

  it('stops in the middle when it is cancelled', async () => {
    await using server = await startServer()
    const controller = new AbortController()
    const packed = pack(program, noise(2_000_000))
    const url = server.put('/disk', { content: packed, always: { kind: 'stall', afterBytes: 1_500_000 } })
    const given = { signal: controller.signal, request: { format: 'raw' }, limits: { stallMs: 10_000 } }
    const { disks, dir } = obtaining(url, given)
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 150)
    await expect(disks).rejects.toThrow('enough')
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('an archive', () => {
  it('of what is refused leaves nothing', async () => {
    const refused = [qcow2({ backing: '/etc/passwd' }), noise(100_000)]
    for (const [index, content] of refused.entries()) {
      const { disks, dir } = obtaining(inFolder(`disk${index}.qcow2.gz`, gzipSync(content)))
      await expect(disks).rejects.toMatchObject({ outcome: 'image-error' })
      expect(readdirSync(dir)).toEqual([])
    }
  })

  it('may have several parts one after another', async () => {
    const half = disk.length / 2
    const parts = Buffer.concat([gzipSync(disk.subarray(0, half)), gzipSync(disk.subarray(half))])
    expect((await obtain(inFolder('disk.raw.gz', parts))).facts.sha256).toBe(sha256(disk))
    const xz = Buffer.concat([pack('xz', disk.subarray(0, half)), pack('xz', disk.subarray(half))])
    expect((await obtain(inFolder('disk.raw.xz', xz))).facts.sha256).toBe(sha256(disk))
  })

  it('may be followed by something that its program leaves alone', async () => {
    for (const [packed, rest] of [
      [gzipSync(disk), Buffer.alloc(3_000_000)],
      [pack('bzip2', disk), noise(3_000_000)],
    ] as const) {
      const published = Buffer.concat([packed, rest])
      const { facts } = await obtain(inFolder('disk.raw', published))
      expect(facts).toMatchObject({ sha256: sha256(disk), fetchedSha256: sha256(published) })
    }
  })

  it('of something else than a disk is refused after its first MiB', async () => {
    const tar = Buffer.alloc(100 * 1024 * 1024)
    tar.write('ustar', 257)
    await expect(obtain(inFolder('box.gz', gzipSync(tar)))).rejects.toThrow('box.gz is a tar archive')
    await expect(obtain(inFolder('disk.xz', pack('xz', gzipSync(disk))))).rejects.toThrow('disk.xz is a gzip archive')
    await expect(obtain(inFolder('empty.gz', gzipSync(Buffer.alloc(0))))).rejects.toThrow('empty.gz is empty')
  })

  it('of a hostile disk is refused as the disk would be', async () => {
    await expect(obtain(inFolder('disk.qcow2.xz', pack('xz', qcow2({ backing: '/etc/passwd' }))))).rejects.toThrow(
      'names a backing file ("/etc/passwd")',
    )
  })

  it('whose program dies is no fault of the image', async () => {
    const dir = folder()
    writeFileSync(join(dir, 'xz'), '#!/bin/sh\nkill -9 $$\n')
    chmodSync(join(dir, 'xz'), 0o755)
    process.env['PATH'] = `${dir}:${path ?? ''}`
    await expect(obtain(inFolder('disk.raw.xz', pack('gzip', disk).fill(Buffer.from('fd377a585a00', 'hex'), 0, 6)))).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('xz was ended by SIGKILL') as string,
    })
  })
})

it.each(['xz', 'zstd', 'gzip', 'bzip2'] as const)(
  'ends as soon as the file refuses, though %s holds more than is taken',
  async (program) => {
    const refused = new Error('the disk is full')
    const write = async (): Promise<void> => {
      await delay(500) // until it waits for somebody to read
      throw refused
    }
    const file = { write, end: () => Promise.resolve(), abort: () => Promise.resolve() }
    const unpacker = createUnpacker(file, 'file', new AbortController().signal)
    await unpacker.write(pack(program, Buffer.alloc(16 * 1024 * 1024, 'abc')))
    await expect(unpacker.end()).rejects.toBe(refused)
    await unpacker.abort()
  },
)

describe('a sparse file', () => {
  const make = (given = {}) => {
    const path = join(folder(), 'file')
    return { path, file: createSparseFile({ path, shown: 'file', maxBytes: 1e9, reserveBytes: 0, ...given }) }
  }

  it.each([1, 511, 65_535, 65_536, 65_537, 1024 * 1024, 3 * 1024 * 1024 + 1])(
    'holds what was written, %i bytes at a time',
    async (step) => {
      const content = Buffer.concat([
        noise(100),
        Buffer.alloc(300_000),
        noise(200_000),
        Buffer.alloc(2_000_000),
        noise(10),
        Buffer.alloc(99_999),
      ])
      const some = step === 1 ? content.subarray(0, 150_000) : content
      const { path: to, file } = make()
      const { write, end } = await file
      for (let at = 0; at < some.length; at += step) await write(some.subarray(at, at + step))
      await end()
      expect(readFileSync(to).equals(some)).toBe(true)
    },
  )

  it('asks for no more room before what was made is full, though the file system does not count that yet', async () => {
    const MiB = 1024 * 1024
    const reserveBytes = 2 ** 50
    const asked: number[] = []
    const makeRoom = (bytes: number): Promise<number> => {
      asked.push(bytes - reserveBytes)
      return Promise.resolve(reserveBytes + (asked.length > 2 ? 0 : 4 * MiB))
    }
    const { write, abort } = await make({ reserveBytes, makeRoom }).file
    await write(noise(8 * MiB))
    expect(asked).toEqual([MiB, MiB])
    await expect(write(noise(MiB))).rejects.toThrow('not enough disk space: file has 8 MiB already, and 1 PiB must stay free')
    await abort()
  })

  it('is nothing but a hole when all is zero, and as long as it should be', async () => {
    const { path: to, file } = make()
    const { write, end } = await file
    for (let count = 0; count < 100; count += 1) await write(Buffer.alloc(1_000_003))
    await end()
    expect(statSync(to)).toMatchObject({ size: 100_000_300, blocks: 0 })
  })

  it('stops while there is still room for others', async () => {
    const { file } = make({ reserveBytes: 2 ** 60 })
    const { write, abort } = await file
    await write(Buffer.alloc(5_000_000)) // takes no room
    await expect(write(noise(5_000_000))).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('not enough disk space') as string,
    })
    await abort()
  })

  it('is not written over something that is there', async () => {
    const to = inFolder('file', 'mine')
    await expect(make({ path: to }).file).rejects.toThrow('EEXIST')
    expect(readFileSync(to, 'utf8')).toBe('mine')
  })
})
