import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { folder, inFolder, noise, obtaining, pack, rawDisk } from '../../../support/make'
import type { Place } from '../../../support/server'
import { withCache } from './with-cache'

const disk = rawDisk(3 * 1024 * 1024)
const packed = pack('xz', disk)
const digest = (bytes: Buffer, algorithm = 'sha256'): string => createHash(algorithm).update(bytes).digest('hex')
const key = `sha256-${digest(packed)}`
const GiB = 1024 ** 3

const given = withCache()

const put = (content = packed, path = '/disk.raw.xz', place: Partial<Place> = {}): string => given.server.put(path, { content, ...place })
const entry = (name = key): string => join(given.cacheDir, name)
const entries = (): string[] => readdirSync(given.cacheDir).filter((name) => !name.startsWith('.'))
const cachedDisk = (): string => join(entry(), 'disk')
const fetches = (): number => given.server.asked.filter(({ path }) => path.endsWith('.xz')).length

interface Given {
  readonly request?: Partial<ImageRequest>
  readonly maxBytes?: number
  readonly signal?: AbortSignal
}

const job = async (source: string, { request = { checksum: digest(packed) }, maxBytes = GiB, signal }: Given = {}) => {
  const { disks, ...told } = obtaining(source, { request, cache: { dir: given.cacheDir, maxBytes }, ...(signal ? { signal } : {}) })
  const { facts, disks: found, proof } = await disks
  return { ...told, facts, path: found[0]?.path ?? '', proof }
}

// An image in the cache, and how to ask for it again.
const cached = async () => {
  const url = put()
  await job(url)
  return { again: () => job(url) }
}

describe('a cached image', () => {
  it('is fetched once, and is the unpacked disk under the digest of the file as published', async () => {
    const url = put()
    const first = await job(url)
    expect(first.facts).toMatchObject({
      cacheKey: `image-test-${key}`,
      fetchedSha256: digest(packed),
      sha256: digest(disk),
      bytes: packed.length,
    })
    expect(first.facts.cached).toBeUndefined()
    const second = await job(url)
    expect(second.facts).toEqual({ ...first.facts, cached: true })
    expect(second.path).toBe(cachedDisk())
    expect(readFileSync(second.path).equals(disk)).toBe(true)
    expect(await second.proof()).toEqual({ sha256: digest(disk), unchanged: true })
    expect(fetches()).toBe(1)
    expect([first.warnings, second.warnings]).toEqual([[], []])
  })

  it('cannot be written to, lies there whole or not at all, and leaves nothing beside it', async () => {
    await cached()
    expect(statSync(cachedDisk()).mode & 0o777).toBe(0o444)
    expect(entries()).toEqual([key])
    expect(readdirSync(entry())).toEqual(['disk', 'entry.json'])
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
  })

  it('is found by each digest that proves it, whatever its address', async () => {
    await job(put(), { request: { checksum: `sha512:${digest(packed, 'sha512')}` } })
    const elsewhere = await job(put(packed, '/mirror/other.xz'), { request: { checksum: `sha512:${digest(packed, 'sha512')}` } })
    expect(elsewhere.facts).toMatchObject({ cached: true, cacheKey: `image-test-sha512-${digest(packed, 'sha512')}` })
    expect(fetches()).toBe(1)
  })

  it('is another when another digest is asked for', async () => {
    const { again } = await cached()
    const other = pack('xz', rawDisk(1024 * 1024, 9))
    const changed = await job(put(other), { request: { checksum: digest(other) } })
    expect(changed.facts.cached).toBeUndefined()
    expect(entries().sort()).toEqual([key, `sha256-${digest(other)}`].sort())
    expect((await again()).facts).toMatchObject({ cached: true, sha256: digest(disk) })
  })

  it('is not read again as long as size, inode and times are those recorded', async () => {
    const { again } = await cached()
    const record = readFileSync(join(entry(), 'entry.json'))
    await again()
    // What is not read is not found out about either: a record of other bytes passes.
    const lie = record.toString().replace(digest(disk), digest(packed))
    writeFileSync(join(entry(), 'entry.json'), lie)
    expect((await again()).facts).toMatchObject({ cached: true, sha256: digest(packed) })
  })

  it('is read once when it came back with another inode, as from an archive, and then no more', async () => {
    const { again } = await cached()
    const copy = `${cachedDisk()}.copy`
    writeFileSync(copy, disk)
    renameSync(copy, cachedDisk())
    const back = await again()
    expect(back.facts).toMatchObject({ cached: true, sha256: digest(disk) })
    expect(statSync(cachedDisk()).mode & 0o777).toBe(0o444)
    const record = JSON.parse(readFileSync(join(entry(), 'entry.json'), 'utf8')) as { disks: { seen: { ino: string } }[] }
    expect(record.disks[0]?.seen.ino).toBe(String(statSync(cachedDisk()).ino))
    expect(fetches()).toBe(1)
  })

  it('survives the archive that actions/cache makes of the folder', async () => {
    const { again } = await cached()
    const archive = join(folder(), 'cache.tar')
    execFileSync('tar', ['--posix', '-cf', archive, '-P', '-C', given.cacheDir, '.'])
    rmSync(given.cacheDir, { recursive: true })
    mkdirSync(given.cacheDir)
    execFileSync('tar', ['-xf', archive, '-P', '-C', given.cacheDir])
    expect((await again()).facts).toMatchObject({ cached: true, sha256: digest(disk) })
    expect(fetches()).toBe(1)
  })

  it('is proven by both digests when two are asked for, and fetched apart when one is not known of it', async () => {
    const { again } = await cached()
    const sums = inFolder('SUMS', `${digest(packed, 'sha512')}  disk.raw.xz\n`)
    const both = await job(`${given.server.origin}/disk.raw.xz`, { request: { checksum: digest(packed), checksumFile: sums } })
    expect(both.facts.cached).toBeUndefined()
    expect(both.path.startsWith(given.cacheDir)).toBe(false)
    expect((await again()).facts.cached).toBe(true)
  })
})

describe('nothing is kept or taken', () => {
  it('when nobody tells the digest before the download, whatever its ETag', async () => {
    const url = put()
    for (const { facts, warnings, path } of [await job(url, { request: {} }), await job(url, { request: {} })]) {
      expect(facts).toMatchObject({ sha256: digest(disk) })
      expect(facts.cacheKey).toBeUndefined()
      expect(path.startsWith(given.cacheDir)).toBe(false)
      expect(warnings).toEqual([
        `${given.server.origin}/disk.raw.xz is not taken from the cache nor kept there: nothing tells its digest before it is fetched; give its \`checksum\``,
      ])
    }
    expect(existsSync(given.cacheDir)).toBe(false)
    expect(fetches()).toBe(2)
  })

  it('of a file on this machine: that is what is to be tested', async () => {
    const { path } = await job(inFolder('disk.raw.xz', packed))
    expect(path.startsWith(given.cacheDir)).toBe(false)
    expect(existsSync(given.cacheDir)).toBe(false)
  })

  it('of an image that is not what was published', async () => {
    await expect(job(put(pack('xz', rawDisk(1024 * 1024, 5))))).rejects.toMatchObject({ outcome: 'image-error' })
    expect(entries()).toEqual([])
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
    const { facts } = await job(put())
    expect(facts.sha256).toBe(digest(disk))
  })

  it('of a download that was cancelled', async () => {
    const controller = new AbortController()
    const pending = job(put(packed, '/disk.raw.xz', { always: { kind: 'stall', afterBytes: 1000 } }), { signal: controller.signal })
    setTimeout(() => {
      controller.abort(new Error('cancelled'))
    }, 300)
    await expect(pending).rejects.toThrow('cancelled')
    expect(entries()).toEqual([])
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
  })

  it('in a cache that cannot be used, which is a warning', async () => {
    writeFileSync(given.cacheDir, 'a file')
    const { facts, warnings } = await job(put())
    expect(facts.sha256).toBe(digest(disk))
    expect(warnings[0]).toContain(`the cache in ${given.cacheDir} is not used: EEXIST`)
  })

  it.each(['.arriving', '.locks', '.locks/probe', `.locks/${key}`])('in a cache whose %s is a link, which is a warning', async (name) => {
    const elsewhere = folder()
    mkdirSync(dirname(join(given.cacheDir, name)), { recursive: true })
    symlinkSync(join(elsewhere, 'made'), join(given.cacheDir, name))
    const { facts, warnings } = await job(put())
    expect(facts.sha256).toBe(digest(disk))
    expect(warnings[0]).toContain(`the cache in ${given.cacheDir} is not used`)
    expect(warnings[0]).toContain('is a link')
    expect([readdirSync(elsewhere), entries()]).toEqual([[], []])
  })
})

describe('a cache without locks is a warning, and nothing is kept:', () => {
  const path = process.env['PATH'] ?? ''
  afterEach(() => {
    process.env['PATH'] = path
  })
  const programs = (...names: readonly string[]): string => {
    const dir = folder()
    for (const name of names) symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(dir, name))
    return dir
  }

  it.each<readonly [string, () => string]>([
    ['there is no flock', () => programs('setpriv', 'prlimit', 'sh', 'sleep')],
    [
      'flock fails',
      () => {
        const dir = folder()
        writeFileSync(join(dir, 'flock'), '#!/bin/sh\necho no locks available >&2; exit 71\n', { mode: 0o755 })
        return `${dir}:${path}`
      },
    ],
  ])('%s', async (_name, programsIn) => {
    process.env['PATH'] = programsIn()
    const { facts, warnings, path: where } = await job(put(disk, '/disk.raw'), { request: { checksum: digest(disk) } })
    expect(facts.sha256).toBe(digest(disk))
    expect(where.startsWith(given.cacheDir)).toBe(false)
    expect(warnings).toEqual([expect.stringMatching(/^the cache in .* is not used: .* cannot be locked: .*(flock|no locks)/)])
    expect(entries()).toEqual([])
  })
})

describe('a damaged entry is told, removed and fetched again', () => {
  const change = (at: number): void => {
    const bytes = readFileSync(cachedDisk())
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    chmodSync(cachedDisk(), 0o644)
    writeFileSync(cachedDisk(), bytes)
    chmodSync(cachedDisk(), 0o444)
  }
  const resize = (bytes: number): void => {
    chmodSync(cachedDisk(), 0o644)
    truncateSync(cachedDisk(), bytes)
  }
  const changeAndBackdate = (): void => {
    const { atime, mtime } = statSync(cachedDisk())
    change(5000)
    utimesSync(cachedDisk(), atime, mtime)
  }
  const replaceDisk = (): void => {
    rmSync(cachedDisk())
    symlinkSync('/etc/passwd', cachedDisk())
  }
  const remove = (path: string) => (): void => {
    rmSync(join(entry(), path))
  }
  const instead = (make: (path: string) => void) => (): void => {
    rmSync(entry(), { recursive: true })
    make(entry())
  }
  const rewrite = (from: string | RegExp, to: string) => (): void => {
    const path = join(entry(), 'entry.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  }
  const elsewhere = 'something else is in its place'
  const noRecord = 'its record is missing or cannot be read'

  it.each<readonly [string, () => void, string]>([
    ['cut short', resize.bind(undefined, 1024 * 1024), 'it has 1 MiB and not 3 MiB'],
    ['longer', resize.bind(undefined, 4 * 1024 * 1024), 'it has 4 MiB and not 3 MiB'],
    ['with a changed byte', change.bind(undefined, 5000), 'its sha256 is'],
    ['with a changed byte and the old date', changeAndBackdate, 'its sha256 is'],
    ['with no disk', remove('disk'), elsewhere],
    ['whose disk is a link', replaceDisk, elsewhere],
    ['with no record', remove('entry.json'), noRecord],
    ['whose record is none', rewrite(/^/, 'x'), noRecord],
    ['whose record is null', rewrite(/[^]*/, 'null'), noRecord],
    ['whose record does not tell when its disk was seen', rewrite(/"seen": \{[^}]*\}/, '"seen": 1'), noRecord],
    ['whose record tells no disk', rewrite(/"disks": \[[^\]]*\]/, '"disks": {}'), noRecord],
    ['whose record tells no packing that there is', rewrite('"compression": "xz"', '"compression": "rar"'), noRecord],
    ['whose record is of another image', rewrite(digest(packed), digest(noise(8))), 'its record is of another image'],
    [
      'where a file lies',
      instead((path) => {
        writeFileSync(path, 'foreign')
      }),
      elsewhere,
    ],
    [
      'where a link lies',
      instead((path) => {
        symlinkSync('/etc', path)
      }),
      elsewhere,
    ],
    [
      'where an empty folder lies',
      instead((path) => {
        mkdirSync(path)
      }),
      elsewhere,
    ],
  ])('%s', async (_name, spoil, why) => {
    const { again } = await cached()
    spoil()
    const { facts, warnings } = await again()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`disk.raw.xz in the cache is damaged: ${why}`)
    expect(facts.sha256).toBe(digest(disk))
    expect(facts.cached).toBeUndefined()
    expect(readFileSync(cachedDisk()).equals(disk)).toBe(true)
    expect(existsSync('/etc/passwd')).toBe(true)
    const healthy = await again()
    expect(healthy.warnings).toEqual([])
    expect(healthy.facts.cached).toBe(true)
    expect(fetches()).toBe(2)
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
  })

  it('also one that is not packed, whose record tells another disk', async () => {
    const url = put(disk, '/disk.raw')
    await job(url, { request: { checksum: digest(disk) } })
    const path = join(entry(`sha256-${digest(disk)}`), 'entry.json')
    const lie = JSON.parse(readFileSync(path, 'utf8')) as { disks: { sha256: string }[] }
    lie.disks.forEach((each) => (each.sha256 = digest(packed)))
    writeFileSync(path, JSON.stringify(lie))
    const { warnings, facts } = await job(url, { request: { checksum: digest(disk) } })
    expect(warnings[0]).toContain('its record is missing or cannot be read')
    expect(facts.sha256).toBe(digest(disk))
  })
})
