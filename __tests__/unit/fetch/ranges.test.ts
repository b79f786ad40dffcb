import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/images/limits'
import { inPieces, watchPace, type RangeLimits } from '../../../src/fetch/ranges'
import { obtaining, rawDisk } from '../../support/make'
import { startServer, type Fault, type Place, type TestServer } from '../../support/server'

const KiB = 1024
const disk = rawDisk(1536 * KiB)
const sha256 = createHash('sha256').update(disk).digest('hex')
// What is slow for a network is slow for a test as well.
const ranges: RangeLimits = {
  connections: 4,
  pieceBytes: 128 * KiB,
  measureMs: 200,
  slowBytesPerSecond: 50_000 * KiB,
  leastBytes: 256 * KiB,
}
const slow: Fault = { kind: 'slow', bytesPerSecond: 640 * KiB }

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const fetched = async (place: Partial<Place>, limits: Partial<RangeLimits> = {}) => {
  const url = server.put('/disk.raw', { content: disk, ...place })
  const { disks, progress } = obtaining(url, { limits: { ranges: { ...ranges, ...limits } } })
  expect((await disks).facts.sha256).toBe(sha256)
  return {
    statuses: server.asked.map(({ status }) => status),
    parts: server.asked.slice(1).map(({ headers }) => headers.range),
    told: progress.filter((text) => text.includes('are tried')),
  }
}

describe('a download over several connections', () => {
  it('begins when one is slow, and is the same file', async () => {
    // Longer than the rest takes: whether it helps is not judged here.
    const { statuses, parts, told } = await fetched({ always: slow }, { measureMs: 1000 })
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^downloading disk\.raw: one connection brings \d+ KiB\/s, 4 are tried$/)
    expect(statuses).toEqual([200, ...parts.map(() => 206)])
    const places = parts.map((part) => part?.replace('bytes=', '').split('-').map(Number) ?? []).toSorted(([a = 0], [b = 0]) => a - b)
    // Without a gap, to the end.
    expect(places.slice(1).map(([start]) => start)).toEqual(places.slice(0, -1).map(([, end = 0]) => end + 1))
    expect(places.at(-1)?.[1]).toBe(disk.length - 1)
    expect(parts.length).toBeGreaterThan(3)
  })

  it('stays with one that is fast enough', async () => {
    expect((await fetched({ always: slow }, { slowBytesPerSecond: 100 * KiB })).statuses).toEqual([200])
  })

  it.each<[string, Partial<Place>]>([
    ['that knows no ranges', { ranges: false }],
    ['that cannot tell whether it is still the same file', { etag: 'none', lastModified: 'none' }],
    ['that does not tell how long it is', { length: false }],
  ])('stays with one at a server %s', async (_name, place) => {
    expect((await fetched({ always: slow, ...place })).statuses).toEqual([200])
  })

  it('goes back to one when the server refuses the others', async () => {
    const { statuses, parts } = await fetched({ faults: [slow, { kind: 'status', status: 403 }, slow, slow, slow], always: slow })
    expect(statuses.slice(0, 2)).toEqual([200, 403])
    expect(parts).toContainEqual(expect.stringMatching(/^bytes=\d+-$/))
  })

  it.each<[string, Fault]>([
    ['breaks', { kind: 'cut', afterBytes: 1000 }],
    ['is refused', { kind: 'refuse' }],
    ['falls silent', { kind: 'stall', afterBytes: 1000 }],
    ['brings everything', { kind: 'no-ranges' }],
    ['brings more than its part', { kind: 'longer-range' }],
  ])('goes back to one when one of them %s', async (_name, fault) => {
    const { parts } = await fetched({ faults: [slow, slow, fault], always: slow })
    expect(parts).toContainEqual(expect.stringMatching(/^bytes=\d+-$/))
  })

  it('goes back to one when the body of one of them does not end, without taking it all', async () => {
    let bytes = 0
    const endless: Fault = { kind: 'endless', onBytes: (more) => (bytes += more) }
    const { parts } = await fetched({ faults: [slow, endless], always: slow })
    expect(parts).toContainEqual(expect.stringMatching(/^bytes=\d+-$/))
    expect(bytes).toBeLessThan(32 * KiB * KiB) // a part, and what the sockets hold
  })

  it('goes back to one when the others bring nothing', async () => {
    // Together they get what one had.
    const { parts } = await fetched({ faults: [slow], always: { kind: 'slow', bytesPerSecond: 120 * KiB } }, { pieceBytes: 64 * KiB })
    expect(parts).toContainEqual(expect.stringMatching(/^bytes=\d+-$/))
  })

  it('begins anew when the file changed meanwhile', async () => {
    const other = rawDisk(1024 * KiB, 3)
    const url = server.put('/disk.raw', { content: disk, faults: [slow, { kind: 'becomes', content: other }] })
    const { disks } = obtaining(url, { limits: { ranges } })
    expect((await disks).facts.sha256).toBe(createHash('sha256').update(other).digest('hex'))
  })
})

describe('pieces', () => {
  const clock = { now: () => 0, sleep: () => Promise.resolve() }

  it('come in order, a few at a time, and stop with whoever takes them', async () => {
    const { signal } = new AbortController()
    const begun: string[] = []
    const aborted: string[] = []
    const fetch = (start: number, end: number, either: AbortSignal): Promise<readonly Buffer[]> => {
      begun.push(`${start}-${end}`)
      either.addEventListener('abort', () => aborted.push(`${start}-${end}`))
      return Promise.resolve([Buffer.from(`${start}`)])
    }
    const got: string[] = []
    for await (const chunk of inPieces({ start: 5, end: 100, limits: { ...ranges, connections: 2, pieceBytes: 10 }, signal, fetch })) {
      got.push(chunk.toString())
      if (got.length === 3) break
    }
    expect(got).toEqual(['5', '15', '25'])
    expect(begun).toEqual(['5-15', '15-25', '25-35', '35-45', '45-55'])
    expect(aborted).toEqual(begun)
  })

  it('are not wanted when we ourselves are what holds it up', () => {
    let now = 0
    const pace = watchPace(1000, { ...clock, now: () => now })
    pace.add(1000, 500) // half of the time spent with hash, xz and disk
    expect(pace.judge()).toBeUndefined()
    now = 1000
    expect(pace.judge()).toBeUndefined()
    pace.add(4000, 100)
    now = 3000
    expect(pace.judge()).toBe(2000)
  })

  it('hold no more than 32 MiB', () => {
    const { connections, pieceBytes } = defaultLimits.ranges
    expect(connections * pieceBytes).toBeLessThanOrEqual(32 * KiB * KiB)
  })
})
