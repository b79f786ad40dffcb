import https from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { toJobError } from '../../../src/errors'
import { readCredentials } from '../../../src/fetch/credentials'
import { ownOrigins } from '../../../src/images/names/base-urls'
import { readNetrc } from '../../../src/fetch/netrc'
import { certificate } from '../../support/certificate'
import { inFolder, obtain, obtaining, rawDisk } from '../../support/make'
import { startServer, type TestServer } from '../../support/server'

const disk = rawDisk(256 * 1024)
const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`

afterEach(() => {
  delete https.globalAgent.options.ca
})

const tls = certificate()
const secure = (): Promise<TestServer> => {
  https.globalAgent.options.ca = tls.cert
  return startServer({ tls })
}
const logins = ({ asked }: TestServer) => asked.map(({ path, headers }) => [path, headers.authorization])

describe('a private source', () => {
  it('is sent IMAGE_TEST_AUTH, and so is the checksum file beside it', async () => {
    await using server = await secure()
    const url = server.put('/disk.raw', { content: disk, faults: [{ kind: 'cut', afterBytes: 100_000 }] })
    const sums = server.put('/SUMS', '0'.repeat(64))
    await expect(obtain(url, { env: { IMAGE_TEST_AUTH: 'me:secret' }, request: { checksumFile: sums } })).rejects.toThrow()
    await obtain(url, { env: { IMAGE_TEST_AUTH: 'me:secret' } })
    expect(logins(server).length).toBeGreaterThan(2)
    expect(logins(server).every(([, login]) => login === basic('me:secret'))).toBe(true)
  })

  it.each([301, 302, 303, 307, 308] as const)('keeps it to itself when it redirects with %d', async (status) => {
    await using server = await secure()
    await using elsewhere = await secure()
    const there = elsewhere.put('/disk.raw', disk)
    const twice = server.put('/twice.raw', { content: '', always: { kind: 'redirect', to: there, status } })
    const url = server.put('/disk.raw', { content: '', always: { kind: 'redirect', to: twice, status } })
    await obtain(url, { env: { IMAGE_TEST_AUTH: 'me:secret', NETRC: inFolder('netrc', 'machine 127.0.0.1 login me password other') } })
    expect(logins(server)).toEqual([
      ['/disk.raw', basic('me:secret')],
      ['/twice.raw', undefined],
    ])
    expect(logins(elsewhere)).toEqual([['/disk.raw', undefined]])
  })

  it('keeps it to itself when the download goes on at the mirror', async () => {
    await using server = await secure()
    await using elsewhere = await secure()
    const to = elsewhere.put('/disk.raw', { content: disk, faults: [{ kind: 'cut', afterBytes: 100_000 }] })
    await obtain(server.put('/disk.raw', { content: '', always: { kind: 'redirect', to } }), { env: { IMAGE_TEST_AUTH: 'token' } })
    expect(logins(elsewhere)).toEqual([
      ['/disk.raw', undefined],
      ['/disk.raw', undefined],
    ])
  })

  it('does not tell another host that the job names', async () => {
    await using server = await secure()
    await using other = await secure()
    const sums = other.put('/SUMS', '0'.repeat(64))
    await expect(
      obtain(server.put('/disk.raw', disk), { env: { IMAGE_TEST_AUTH: 'me:secret' }, request: { checksumFile: sums } }),
    ).rejects.toThrow()
    expect(logins(other).map(([, login]) => login)).not.toContain(basic('me:secret'))
  })

  it('is logged in to with netrc', async () => {
    await using server = await secure()
    const netrc = inFolder(
      '.netrc',
      'machine elsewhere.example login a password b\nmachine 127.0.0.1\n  login me\n  password "pass word"\n',
    )
    await obtain(server.put('/disk.raw', disk), { env: { HOME: netrc.replace('/.netrc', '') } })
    expect(logins(server)).toEqual([['/disk.raw', basic('me:pass word')]])
  })

  it('that wants another login says so without the login', async () => {
    await using server = await secure()
    const url = server.put('/disk.raw', { content: '', always: { kind: 'status', status: 401, body: 'me:secret is wrong' } })
    const { disks, progress, warnings } = obtaining(url, { env: { IMAGE_TEST_AUTH: 'me:secret' } })
    const { outcome, message, hint } = toJobError(await disks.catch((error: unknown) => error))
    expect([outcome, message]).toEqual(['image-error', `${url} needs a login (HTTP 401)`])
    expect(hint).toContain('IMAGE_TEST_AUTH')
    expect(JSON.stringify([message, hint, progress, warnings])).not.toMatch(/secret|me:/)
  })
})

describe('credentials', () => {
  const read = (source: string, env: Record<string, string>) => {
    const warnings: string[] = []
    const credentials = readCredentials({ source, ownOrigins: () => ownOrigins(env), env, warn: (text) => warnings.push(text) })
    return { to: (url: string) => credentials(new URL(url)), warnings }
  }

  it.each([
    ['me:pass:word', basic('me:pass:word')],
    ['abc.def', 'Bearer abc.def'],
    ['Bearer abc', 'Bearer abc'],
    ['Basic bWU6cA==', 'Basic bWU6cA=='],
    [' token\n', 'Bearer token'],
  ])('%j are sent as %s', (auth, header) => {
    expect(read('https://a/x', { IMAGE_TEST_AUTH: auth }).to('https://a/y')).toBe(header)
  })

  it('are for the host that the user names, not for a publisher that a name stands for', () => {
    const env = { IMAGE_TEST_AUTH: 'token', IMAGE_TEST_DEBIAN: 'https://mirror.example/debian' }
    const direct = read('https://a.example/x', env)
    expect(['https://a.example/y', 'https://a.example:8443/y', 'https://mirror.example/', 'https://b.example/'].map(direct.to)).toEqual([
      'Bearer token',
      undefined,
      undefined,
      undefined,
    ])
    const named = read('debian:13', env)
    expect(['https://mirror.example/debian/trixie/', 'https://cloud.debian.org/', 'https://fedoraproject.org/'].map(named.to)).toEqual([
      'Bearer token',
      undefined,
      undefined,
    ])
    const compose = read('compose:https://c.example/x?variant=y', env)
    expect(['https://c.example/x/compose/', 'https://mirror.example/'].map(compose.to)).toEqual(['Bearer token', undefined])
  })

  it('never go unencrypted, but to this machine', () => {
    const { to, warnings } = read('http://a.example/x', { IMAGE_TEST_AUTH: 'token' })
    expect(to('http://a.example/x')).toBeUndefined()
    expect(warnings).toEqual(['IMAGE_TEST_AUTH is not sent to http://a.example/x: over http anybody on the way could read it'])
    expect(read('http://localhost/x', { IMAGE_TEST_AUTH: 'token' }).to('http://localhost/y')).toBe('Bearer token')
    const netrc = inFolder('netrc', 'machine a.example login me password pw')
    expect(read('x', { NETRC: netrc }).to('http://a.example/')).toBeUndefined()
    expect(read('x', { NETRC: netrc }).to('https://A.example/')).toBe(basic('me:pw'))
  })

  it('give way to those of the address itself', () => {
    expect(read('https://u:p@a/x', { IMAGE_TEST_AUTH: 'token' }).to('https://u:p@a/x')).toBeUndefined()
  })

  it('must be one line', () => {
    expect(() => read('https://a/x', { IMAGE_TEST_AUTH: 'hunter2\nX: y' })).toThrow(
      expect.objectContaining({ outcome: 'config-error', message: 'the environment variable IMAGE_TEST_AUTH must be one line' }),
    )
  })
})

const x = [{ machine: 'x', login: 'u', password: 'p' }]
it.each([
  ['machine a login b password c', [{ machine: 'a', login: 'b', password: 'c' }]],
  ['machine A password c login b account d', [{ machine: 'a', login: 'b', password: 'c' }]],
  ['# machine x login y password z\nmachine a\n\tlogin b\n\tpassword "c \\"d"\n', [{ machine: 'a', login: 'b', password: 'c "d' }]],
  ['machine x login u password p # main account\nmachine a login b password c', [...x, { machine: 'a', login: 'b', password: 'c' }]],
  ['machine x login u password p #machine y password z\nmachine a login b password c', [...x, { machine: 'a', login: 'b', password: 'c' }]],
  ['machine x # the "old one\nlogin u # or v\npassword p', x],
  ['machine a login b password #c', [{ machine: 'a', login: 'b', password: '#c' }]],
  ['machine a login b password "#c d" # e', [{ machine: 'a', login: 'b', password: '#c d' }]],
  ['macdef init\nmachine x login y password z\n\nmachine a login b password c', [{ machine: 'a', login: 'b', password: 'c' }]],
  ['default login b password c', []],
  ['machine a login b password c default login d password e', [{ machine: 'a', login: 'b', password: 'c' }]],
  ['machine a login b', []],
  ['machine', []],
  ['', []],
])('netrc %j', (text, logins) => {
  expect(readNetrc(text)).toEqual(logins)
})
