import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { trim } from '../../../../src/host/kept/trim'
import { imageShelf } from '../../../../src/images/cache/record'
import { rawDisk } from '../../../support/make'
import type { Fault } from '../../../support/server'
import { startJob, type StartedJob } from './jobs'
import { withCache } from './with-cache'

// Images of one MiB, of which 300 kB are something, told apart by their number.
const image = (seed: number) => {
  const bytes = rawDisk(1024 * 1024, seed)
  const checksum = createHash('sha256').update(bytes).digest('hex')
  return { bytes, checksum, key: `sha256-${checksum}`, path: `/${seed}.raw` }
}
type Image = ReturnType<typeof image>

const given = withCache()

const start = (
  { bytes, checksum, path }: Image,
  { faults = [], ...asked }: { faults?: Fault[]; maxBytes?: number; deadlineMs?: number } = {},
) => startJob({ source: given.server.put(path, { content: bytes, faults }), checksum, cacheDir: given.cacheDir, ...asked })
const again = ({ checksum, path }: Image, asked = {}): StartedJob =>
  startJob({ source: `${given.server.origin}${path}`, checksum, cacheDir: given.cacheDir, ...asked })
const fetches = ({ path }: Image): number => given.server.asked.filter((asked) => asked.path === path).length
const entries = (): string[] => readdirSync(given.cacheDir).filter((name) => !name.startsWith('.'))
const slow: Fault = { kind: 'slow', bytesPerSecond: 500_000 }
const silent: Fault = { kind: 'stall', afterBytes: 100_000 }
const asked = async (what: Image): Promise<void> => {
  await expect.poll(() => fetches(what)).toBe(1)
}

describe('jobs that share a cache', () => {
  it('fetch an image once, however many ask for it at a time', async () => {
    const one = image(1)
    const jobs = [start(one, { faults: [slow] }), again(one), again(one)]
    const facts = await Promise.all(jobs.map(({ ready }) => ready))
    expect(fetches(one)).toBe(1)
    expect(facts.map(({ sha256 }) => sha256)).toEqual(Array(3).fill(one.checksum))
    expect(facts.filter(({ cached }) => cached === true)).toHaveLength(2)
    expect(new Set(facts.map(({ path }) => path))).toEqual(new Set([join(given.cacheDir, one.key, 'disk')]))
  })

  it('say that they wait for another, take over when it is killed, and remove what it left', async () => {
    const one = image(3)
    const first = start(one, { faults: [silent] })
    await asked(one)
    const second = again(one)
    expect(await second.told('progress')).toBe('waiting for another job that fetches 3.raw into the cache')
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toHaveLength(1)
    await first.kill()
    expect(await second.ready).toMatchObject({ sha256: one.checksum, cacheKey: `image-test-${one.key}` })
    expect(fetches(one)).toBe(2)
    expect(readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
    expect(readFileSync(join(given.cacheDir, one.key, 'disk')).equals(one.bytes)).toBe(true)
  })

  it('wait no longer than they have time', async () => {
    const one = image(4)
    start(one, { faults: [silent] })
    await asked(one)
    const second = again(one, { deadlineMs: 1500 })
    expect(await second.told('failed')).toBe(`the time is up while ${given.server.origin}/4.raw is fetched`)
    expect(fetches(one)).toBe(1)
  })

  it('do not wait for the download of another image', async () => {
    const [one, other] = [image(5), image(6)]
    start(one, { faults: [silent] })
    await asked(one)
    expect(await start(other).ready).toMatchObject({ sha256: other.checksum })
  })

  it('use it side by side', async () => {
    const one = image(7)
    const first = start(one)
    await first.ready
    const second = again(one)
    expect(await second.ready).toMatchObject({ cached: true })
    expect(second.said).toHaveLength(1)
  })
})

describe('the size of the cache', () => {
  // 300 kB of each image are on the disk, in whole blocks; two of them fit.
  const maxBytes = 900_000
  const unused = async (what: Image, ageMinutes: number): Promise<void> => {
    const job = start(what)
    await job.ready
    await job.end()
    const used = new Date(Date.now() - ageMinutes * 60_000)
    utimesSync(join(given.cacheDir, what.key, 'entry.json'), used, used)
  }
  const keys = (...images: Image[]): string[] => images.map(({ key }) => key).sort()

  it('is kept by removing what was used longest ago', async () => {
    const [old, older, fresh] = [image(11), image(12), image(13)]
    await unused(old, 10)
    await unused(older, 20)
    await start(fresh, { maxBytes }).ready
    expect(entries().sort()).toEqual(keys(old, fresh))
  })

  it('counts a use, not the download', async () => {
    const [first, second, third] = [image(14), image(15), image(16)]
    await unused(first, 20)
    await unused(second, 10)
    const user = again(first)
    await user.ready
    await user.end()
    const job = start(third, { maxBytes })
    await job.ready
    await job.end()
    expect(entries().sort()).toEqual(keys(first, third))
  })

  it('never takes what a running job uses, but does after it was killed', async () => {
    const [used, fresh] = [image(17), image(18)]
    const user = start(used)
    const { path } = await user.ready
    const long = new Date(0)
    utimesSync(join(given.cacheDir, used.key, 'entry.json'), long, long)
    const job = start(fresh, { maxBytes: 1 })
    await job.ready
    expect(existsSync(path)).toBe(true)
    expect(entries().sort()).toEqual(keys(used, fresh))
    await user.kill()
    expect(await trim(imageShelf(given.cacheDir), 1, new AbortController().signal)).toEqual([used.key])
    expect(entries()).toEqual([fresh.key])
    await job.end()
    expect(await trim(imageShelf(given.cacheDir), 1, new AbortController().signal)).toEqual([fresh.key])
  })

  it('leaves what is not ours and removes what killed jobs left', async () => {
    const [one, two] = [image(19), image(20)]
    const first = start(one, { faults: [silent] })
    await asked(one)
    await first.kill()
    mkdirSync(join(given.cacheDir, 'mine'))
    writeFileSync(join(given.cacheDir, 'mine', 'notes'), 'x'.repeat(10_000))
    const job = start(two, { maxBytes: 1 })
    await job.ready
    await expect.poll(() => readdirSync(join(given.cacheDir, '.arriving'))).toEqual([])
    expect(statSync(join(given.cacheDir, 'mine', 'notes')).size).toBe(10_000)
  })
})
