import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer as createSocket, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folder, noise, obtain, obtaining, pack, rawDisk } from '../../support/make'
import { startServer, type Fault, type Place, type TestServer } from '../../support/server'

const disk = rawDisk(3 * 1024 * 1024)
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const rejects = (source: string, given = {}) => expect(obtain(source, given)).rejects

let server: TestServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const statuses = (): number[] => server.asked.map(({ status }) => status)
const put = (place: Partial<Place> & { faults?: readonly Fault[] }, path = '/disk.raw'): string =>
  server.put(path, { content: disk, ...place })

describe('a download', () => {
  it('arrives whole, with its digest and nothing beside it', async () => {
    const { disks, dir } = obtaining(put({}))
    const { disks: found, facts, proof } = await disks
    const [only] = found
    expect(only).toMatchObject({ format: 'raw', virtualBytes: disk.length })
    expect(readFileSync(only?.path ?? '').equals(disk)).toBe(true)
    expect(facts).toEqual({
      asked: `${server.origin}/disk.raw`,
      url: `${server.origin}/disk.raw`,
      fetchedSha256: sha256(disk),
      sha256: sha256(disk),
      verified: 'none',
      verifiedBy: 'nothing: no checksum was given',
      bytes: disk.length,
      virtualBytes: disk.length,
      format: 'raw',
    })
    expect(await proof()).toEqual({ sha256: sha256(disk), unchanged: true })
    expect(readdirSync(dir, { recursive: true })).toHaveLength(2) // a folder and the disk in it
    expect(server.asked[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'image-test' })
  })

  it('goes on where it was cut, with the same hash and the same xz', async () => {
    const packed = pack('xz', disk)
    const cut = (afterBytes: number): Fault => ({ kind: 'cut', afterBytes })
    const url = put({ content: packed, faults: [cut(3), cut(100_000), cut(1)] }, '/disk.raw.xz')
    const { facts, proof } = await obtain(url)
    expect(statuses()).toEqual([200, 206, 206, 206])
    expect(server.asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=3-', 'bytes=100003-', 'bytes=100004-'])
    expect(facts).toMatchObject({ fetchedSha256: sha256(packed), sha256: sha256(disk), bytes: packed.length, virtualBytes: disk.length })
    expect(await proof()).toEqual({ sha256: sha256(disk), unchanged: true })
  })

  it('comes to an end when every connection breaks, as long as each brings something', async () => {
    const small = rawDisk(200_000)
    const url = put({ content: small, always: { kind: 'cut', afterBytes: 10_000 } })
    const { facts } = await obtain(url, { limits: { failuresInARow: 2, firstRetryMs: 1 } })
    expect(facts.sha256).toBe(sha256(small))
    expect(server.asked.map(({ headers }) => headers.range).slice(0, 3)).toEqual([undefined, 'bytes=10000-', 'bytes=20000-'])
    expect(server.asked).toHaveLength(20)
  })

  it('goes on after a stall', async () => {
    const { disks, progress } = obtaining(put({ faults: [{ kind: 'stall', afterBytes: 500_000 }] }), { limits: { stallMs: 2000 } })
    expect((await disks).facts.sha256).toBe(sha256(disk))
    expect(server.asked[1]?.headers.range).toBe('bytes=500000-')
    expect(progress).toContain('downloading disk.raw: no byte for 2 s after 488 KiB, next try in 0.005 s')
  })

  it('is not taken for stalled while it is slow', async () => {
    const url = put({ content: disk.subarray(0, 256 * 1024), always: { kind: 'slow', bytesPerSecond: 800_000 } })
    await obtain(url, { limits: { stallMs: 250 } })
    expect(statuses()).toEqual([200])
  })

  it.each([
    ['500, 502, 503', [500, 502, 503]],
    ['408, 429', [408, 429]],
  ])('survives %s', async (_name, codes) => {
    await obtain(put({ faults: codes.map((status) => ({ kind: 'status', status })) }))
    expect(statuses()).toEqual([...codes, 200])
  })

  it('waits as long as a server asks for', async () => {
    const { disks, progress } = obtaining(put({ faults: [{ kind: 'status', status: 429, headers: { 'retry-after': '1' } }] }))
    const earliestMs = performance.now() + 950
    await disks
    expect(performance.now()).toBeGreaterThan(earliestMs)
    expect(progress[0]).toContain('it is asked for too often (HTTP 429) after 0 bytes, next try in 1 s')
  })

  it('survives connections that break before they answer', async () => {
    await obtain(put({ faults: [{ kind: 'refuse' }, { kind: 'refuse' }] }))
    expect(statuses()).toEqual([0, 0, 200])
  })

  describe('from a server without ranges', () => {
    const cut: Fault = { kind: 'cut', afterBytes: 1_000_000 }
    it.each<[string, Partial<Place>]>([
      ['that ignores them', { faults: [cut, { kind: 'no-ranges' }] }],
      ['that has neither tag nor date', { etag: 'none', lastModified: 'none', faults: [cut] }],
      ['that has no lengths either', { ranges: false, length: false, faults: [cut] }],
    ])('%s passes over what it has', async (_name, place) => {
      const { disks, progress } = obtaining(put(place))
      expect((await disks).facts.sha256).toBe(sha256(disk))
      expect(statuses()).toEqual([200, 200])
      expect(progress.join()).not.toContain('anew')
    })
  })

  describe('an answer without a length that ends early', () => {
    const cut: Fault = { kind: 'cut', afterBytes: 1_000_000 }
    const early = (afterBytes: number, more: { total?: 'unknown' } = {}): Fault => ({ kind: 'early-end', afterBytes, ...more })

    it.each<[string, Partial<Place>]>([
      ['comes after one that told it', { ranges: false, faults: [cut, early(2_000_000)] }],
      ['is a part of what was told before', { faults: [cut, early(500_000, { total: 'unknown' })] }],
      ['is a part that tells the whole', { length: false, faults: [cut, early(500_000)] }],
      ['is a part that tells its own', { length: false, faults: [cut, early(500_000, { total: 'unknown' })] }],
    ])('is noticed where it %s', async (_name, place) => {
      const { disks, progress } = obtaining(put(place))
      expect((await disks).facts.sha256).toBe(sha256(disk))
      expect(statuses()).toHaveLength(3)
      expect(progress.at(-1)).toMatch(/the connection ended after \d+ of \d+ bytes/)
    })

    it('is told from a file that grew meanwhile', async () => {
      const grown = Buffer.concat([disk, noise(100_000)])
      const { disks, progress } = obtaining(put({ ranges: false, faults: [cut, { kind: 'becomes', content: grown, length: false }] }))
      expect((await disks).facts.sha256).toBe(sha256(grown))
      expect(progress.at(-1)).toContain('the file changed on the server while it was fetched, beginning anew')
    })
  })

  it('takes a date when the tag is weak', async () => {
    await obtain(put({ etag: 'weak', faults: [{ kind: 'cut', afterBytes: 10 }] }))
    expect(server.asked[1]).toMatchObject({ status: 206, headers: { 'if-range': 'Wed, 01 Jul 2026 12:00:00 GMT' } })
  })

  it('begins anew when the file changed meanwhile', async () => {
    const other = rawDisk(2 * 1024 * 1024, 7)
    const { disks, progress } = obtaining(
      put({
        faults: [
          { kind: 'cut', afterBytes: 1_000_000 },
          { kind: 'becomes', content: other },
        ],
      }),
    )
    expect((await disks).facts).toMatchObject({ sha256: sha256(other), bytes: other.length })
    expect(statuses()).toEqual([200, 200, 200])
    expect(progress.at(-1)).toContain('the file changed on the server while it was fetched, beginning anew')
  })

  it('begins anew when the file became shorter than what is there', async () => {
    const other = rawDisk(500_000, 7)
    const faults: Fault[] = [
      { kind: 'cut', afterBytes: 1_000_000 },
      { kind: 'becomes', content: other },
    ]
    expect((await obtain(put({ lastModified: 'none', etag: 'none', faults }))).facts.sha256).toBe(sha256(other))
  })

  it('gives up on a file that changes all the time', async () => {
    const faults = [1, 2, 3, 4, 5].flatMap((seed): Fault[] => [
      { kind: 'becomes', content: rawDisk(2 * 1024 * 1024, seed) },
      { kind: 'cut', afterBytes: 1_000_000 },
    ])
    faults.splice(0, 1)
    await rejects(put({ faults })).toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('changed on the server') as string,
    })
  })
})

describe('a download that fails', () => {
  it.each([
    [404, 'was not found (HTTP 404)'],
    [410, 'is gone (HTTP 410)'],
    [403, 'may not be read (HTTP 403)'],
    [401, 'needs a login (HTTP 401)'],
    [418, 'was refused (HTTP 418)'],
  ])("is the image's fault at %i", async (status, message) => {
    const { disks, dir } = obtaining(put({ always: { kind: 'status', status } }))
    await expect(disks).rejects.toMatchObject({ outcome: 'image-error', message: `${server.origin}/disk.raw ${message}` })
    expect(statuses()).toEqual([status])
    expect(readdirSync(dir)).toEqual([])
  })

  it.each<[string, Fault, string]>([
    ['500 for ever', { kind: 'status', status: 500 }, 'HTTP 500'],
    ['429 for ever', { kind: 'status', status: 429 }, 'it is asked for too often (HTTP 429)'],
    ['broken connections', { kind: 'refuse' }, 'the connection broke (ECONNRESET)'],
    ['silence', { kind: 'stall', afterBytes: 0 }, 'no byte for 0.05 s'],
  ])("is the infrastructure's fault: %s", async (_name, always, message) => {
    const patience = always.kind === 'stall' ? { stallMs: 50 } : {} // a busy host is late by more
    const { disks, dir } = obtaining(put({ always }), { limits: { ...patience, failuresInARow: 3 } })
    await expect(disks).rejects.toMatchObject({
      outcome: 'infra-error',
      message: `download of ${server.origin}/disk.raw failed: ${message}`,
    })
    expect(statuses()).toHaveLength(3)
    expect(readdirSync(dir)).toEqual([])
  })

  it("is the infrastructure's fault when nobody answers or no such host exists", async () => {
    const socket = createSocket()
    await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve))
    const { port } = socket.address() as AddressInfo
    await new Promise((resolve) => socket.close(resolve))
    const limits = { failuresInARow: 2 }
    await rejects(`http://127.0.0.1:${port}/x`, { limits }).toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('nothing answers') as string,
    })
    await rejects('http://image-test.invalid/x', { limits }).toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('host name') as string,
    })
  })

  it('at once when TLS does not work', async () => {
    const before = server.asked.length
    await rejects(`${server.origin.replace('http:', 'https:')}/disk.raw`).toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining("the server's certificate or TLS is not accepted") as string,
    })
    expect(server.asked.length).toBe(before)
  })

  it('when the server announces more than it has', async () => {
    await rejects(put({ always: { kind: 'extra-length', bytes: 100 } })).toMatchObject({ outcome: 'infra-error' })
  })

  it('when the time is up, and says where it was', async () => {
    const { disks, dir } = obtaining(put({ always: { kind: 'slow', bytesPerSecond: 200_000 } }), { deadlineMs: performance.now() + 300 })
    await expect(disks).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/the time is up while .*disk.raw/) as string,
    })
    expect(readdirSync(dir)).toEqual([])
  })

  it('with its own reason when it is cancelled', async () => {
    const controller = new AbortController()
    const { disks, dir } = obtaining(put({ always: { kind: 'stall', afterBytes: 1000 } }), {
      signal: controller.signal,
      limits: { stallMs: 10_000 },
    })
    setTimeout(() => {
      controller.abort(new Error('cancelled by the user'))
    }, 100)
    await expect(disks).rejects.toThrow('cancelled by the user')
    expect(readdirSync(dir)).toEqual([])
  })

  it('when the disk is too small, before the first byte is kept', async () => {
    const { disks, dir } = obtaining(put({}), { limits: { reserveBytes: 2 ** 60 } })
    await expect(disks).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(
        /^not enough disk space: disk.raw needs 3 MiB and 1024 PiB to spare; [\d.]+ [GT]iB are free$/,
      ) as string,
    })
    expect(readdirSync(dir)).toEqual([])
  })

  it('as soon as it is seen to be no image', async () => {
    const page = `<!doctype html><title>Sign in</title>${' '.repeat(5_000_000)}`
    await rejects(put({ content: page, always: { kind: 'stall', afterBytes: 2_000_000 } })).toMatchObject({
      outcome: 'image-error',
      message: `${server.origin}/disk.raw is an HTML page, not a disk image`,
    })
  })
})

describe('redirects', () => {
  it('are followed, and resumed at the place they led to', async () => {
    const url = server.put('/latest', { content: '', always: { kind: 'redirect', to: '/next' } })
    server.put('/next', { content: '', always: { kind: 'redirect', to: '/mirror/disk.raw', status: 307 } })
    put({ faults: [{ kind: 'cut', afterBytes: 1000 }] }, '/mirror/disk.raw')
    expect((await obtain(url)).facts.sha256).toBe(sha256(disk))
    expect(server.asked.map(({ path }) => path)).toEqual(['/latest', '/next', '/mirror/disk.raw', '/mirror/disk.raw'])
  })

  it('are asked again when a mirror fails', async () => {
    const url = server.put('/latest', {
      content: '',
      faults: [{ kind: 'redirect', to: '/one' }],
      always: { kind: 'redirect', to: '/two' },
    })
    put({ faults: [{ kind: 'cut', afterBytes: 1000 }], always: { kind: 'status', status: 403 } }, '/one')
    put({ lastModified: 'Thu, 02 Jul 2026 12:00:00 GMT' }, '/two')
    expect((await obtain(url)).facts.sha256).toBe(sha256(disk))
    expect(server.asked.map(({ path, status }) => `${path} ${status}`)).toEqual([
      '/latest 302',
      '/one 200',
      '/one 403',
      '/latest 302',
      '/two 206',
    ])
  })

  it('in a circle are an error of the image', async () => {
    server.put('/b', { content: '', always: { kind: 'redirect', to: '/a' } })
    await rejects(server.put('/a', { content: '', always: { kind: 'redirect', to: '/b' } })).toMatchObject({
      outcome: 'image-error',
      message: `${server.origin}/a redirects in a circle, over ${server.origin}/a`,
    })
  })

  it.each([
    ['too many', '/x', 'redirects more than 10 times'],
    ['to a file', 'file:///etc/passwd', 'redirects to file:'],
    ['to nowhere', 'http://[', 'redirects to something that is no URL'],
  ])('%s are an error of the image', async (_name, to, message) => {
    for (let hop = 0; hop < 20; hop += 1) server.put(`/x${hop}`, { content: '', always: { kind: 'redirect', to: `/x${hop + 1}` } })
    await rejects(server.put('/a', { content: '', always: { kind: 'redirect', to: to === '/x' ? '/x0' : to } })).toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('secrets in an address', () => {
  it('are used, and never shown', async () => {
    const secret = server.origin.replace('http://', 'http://user:hunter2@')
    const url = put({})
    const { facts } = await obtain(`${secret}${new URL(url).pathname}?X-Amz-Signature=abc123#frag`)
    expect(server.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`)
    expect(server.asked[0]?.path).toBe('/disk.raw?X-Amz-Signature=abc123')
    expect(JSON.stringify(facts)).not.toMatch(/hunter2|abc123/)

    const { disks, progress } = obtaining(`${secret}/missing?token=abc123`)
    const error: unknown = await disks.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: `${server.origin}/missing was not found (HTTP 404)` })
    const bad: unknown = await obtain('https://user:hunter2@[bad/x').catch((reason: unknown) => reason)
    const { inspect } = await import('node:util')
    expect(`${inspect(error, { depth: 9 })}${inspect(bad, { depth: 9 })}${progress.join()}`).not.toMatch(/hunter2|abc123/)
  })
})

it.each([
  ['user:a%zz', 'user:a%zz'],
  ['us%40er:%C3%A9-%ff%', 'us@er:é-%ff%'],
  [':token', ':token'],
])('logs in with %s, whatever stands behind a %%', async (written, sent) => {
  await obtain(put({}).replace('http://', `http://${written}@`))
  expect(server.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from(sent).toString('base64')}`)
})

it('tells its progress once a second', async () => {
  const { disks, progress } = obtaining(put({ content: noise(400_000), always: { kind: 'slow', bytesPerSecond: 200_000 } }))
  await disks.catch(() => undefined)
  expect(progress[0]).toMatch(/^downloading disk.raw: \d+ KiB of 391 KiB \(\d+%\), \d+ KiB\/s$/)
})

it('keeps two images of the same name apart', async () => {
  const dir = folder()
  const [one, two] = await Promise.all([obtain(put({}, '/a/disk.raw'), { dir }), obtain(put({}, '/b/disk.raw'), { dir })])
  expect(one.disks[0]?.path).not.toBe(two.disks[0]?.path)
  expect(existsSync(one.disks[0]?.path ?? '')).toBe(true)
})
