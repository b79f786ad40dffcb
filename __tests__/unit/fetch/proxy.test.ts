import { createHash } from 'node:crypto'
import https from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { proxyFor } from '../../../src/fetch/proxy'
import { certificate } from '../../support/certificate'
import { obtain, rawDisk } from '../../support/make'
import { startProxy } from './proxy-server'
import { startServer } from '../../support/server'

const disk = rawDisk(512 * 1024)
const sha256 = createHash('sha256').update(disk).digest('hex')

afterEach(() => {
  delete https.globalAgent.options.ca
})

const secure = () => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  return startServer({ tls })
}

describe('through a proxy', () => {
  it('goes TLS to the end, in a connection that the proxy opens', async () => {
    await using server = await secure()
    await using proxy = await startProxy()
    const url = server.put('/disk.raw', disk)
    const { facts } = await obtain(url, { env: { HTTPS_PROXY: proxy.address.replace('//', '//me:p%40ss@') } })
    expect(facts.fetchedSha256).toBe(sha256)
    expect(proxy.asked).toEqual([{ line: `CONNECT ${new URL(url).host}`, login: `Basic ${Buffer.from('me:p@ss').toString('base64')}` }])
    expect(server.asked.map(({ headers }) => headers['proxy-authorization'])).toEqual([undefined])
  })

  it('goes a password with a stray %, as it is written', async () => {
    await using server = await secure()
    await using open = await startServer()
    await using proxy = await startProxy()
    const env = { ALL_PROXY: proxy.address.replace('//', '//me:p%zz@') }
    await obtain(server.put('/disk.raw', disk), { env })
    await obtain(open.put('/disk.raw', disk).replace('//', '//you:q%zz@'), { env })
    expect(proxy.asked.map(({ login }) => login)).toEqual(Array(2).fill(`Basic ${Buffer.from('me:p%zz').toString('base64')}`))
    expect(open.asked.map(({ headers }) => headers.authorization)).toEqual([`Basic ${Buffer.from('you:q%zz').toString('base64')}`])
  })

  it('the certificate at the end counts', async () => {
    await using server = await startServer({ tls: certificate() })
    await using proxy = await startProxy()
    await expect(obtain(server.put('/disk.raw', disk), { env: { https_proxy: proxy.address } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('certificate or TLS is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)') as string,
    })
    expect(server.asked).toEqual([])
  })

  it('goes http as a whole address', async () => {
    await using server = await startServer()
    await using proxy = await startProxy()
    const url = server.put('/disk.raw', disk)
    const { facts } = await obtain(url, { env: { HTTP_PROXY: proxy.address.replace('http://', '') } })
    expect(facts.fetchedSha256).toBe(sha256)
    expect(proxy.asked).toEqual([{ line: `GET ${url}`, login: undefined }])
    expect(server.asked.map(({ headers, path }) => [headers.host, path])).toEqual([[new URL(url).host, '/disk.raw']])
  })

  it('goes a redirect, and a download that broke off is continued', async () => {
    await using server = await secure()
    await using proxy = await startProxy()
    const to = server.put('/there/disk.raw', { content: disk, faults: [{ kind: 'cut', afterBytes: 100_000 }] })
    const url = server.put('/disk.raw', { content: '', always: { kind: 'redirect', to } })
    const { facts } = await obtain(url, { env: { HTTPS_PROXY: proxy.address } })
    expect(facts.fetchedSha256).toBe(sha256)
    expect(proxy.asked).toHaveLength(3)
    expect(server.asked.map(({ status }) => status)).toEqual([302, 200, 206])
  })

  it('goes nothing that NO_PROXY names', async () => {
    await using server = await secure()
    await using proxy = await startProxy()
    await obtain(server.put('/disk.raw', disk), { env: { HTTPS_PROXY: proxy.address, NO_PROXY: 'example.org,127.0.0.1' } })
    expect(proxy.asked).toEqual([])
  })

  it.each([407, 403, 502])('that answers %d, nothing comes, and it is named without its password', async (refuse) => {
    await using server = await secure()
    await using proxy = await startProxy({ refuse })
    const env = { HTTPS_PROXY: proxy.address.replace('//', '//me:hunter2@') }
    await expect(obtain(server.put('/disk.raw', disk), { env })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(
        new RegExp(`^download of .* failed: the proxy ${new URL(proxy.address).host} answers HTTP ${refuse}$`),
      ) as string,
      hint: 'Check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names the hosts that are reached without one.',
    })
    expect(server.asked).toEqual([])
  })

  it('that answers 407 to http, nothing comes', async () => {
    await using server = await startServer()
    await using proxy = await startProxy({ refuse: 407 })
    await expect(obtain(server.put('/disk.raw', disk), { env: { HTTP_PROXY: proxy.address } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/^download of .* failed: a proxy on the way needs a login \(HTTP 407\)$/) as string,
      hint: 'Check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names the hosts that are reached without one.',
    })
    expect(server.asked).toEqual([])
  })

  it('that speaks TLS itself, go both', async () => {
    await using server = await secure()
    await using open = await startServer()
    const tls = certificate()
    await using proxy = await startProxy({ tls })
    const [url, plain] = [server.put('/disk.raw', disk), open.put('/disk.raw', disk)]
    https.globalAgent.options.ca = [https.globalAgent.options.ca, tls.cert].flat().join('\n')
    const env = { ALL_PROXY: proxy.address.replace('//', '//me@') }
    for (const one of [url, plain]) expect((await obtain(one, { env })).facts.fetchedSha256).toBe(sha256)
    const login = `Basic ${Buffer.from('me:').toString('base64')}`
    expect(proxy.asked).toEqual([
      { line: `CONNECT ${new URL(url).host}`, login },
      { line: `GET ${plain}`, login },
    ])
  })

  it.each(['https://127.0.0.1:9', 'http://proxy.invalid:3128'])('that cannot be had (%s), nothing comes', async (address) => {
    await using server = await secure()
    const env = { HTTPS_PROXY: address.replace('//', '//me:hunter2@') }
    await expect(obtain(server.put('/disk.raw', disk), { env, limits: { failuresInARow: 1 } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(new RegExp(`^download of .* failed: the proxy ${new URL(address).host} cannot be reached$`)) as string,
    })
  })

  it('whose own certificate is not accepted, nothing comes', async () => {
    await using server = await startServer({ tls: certificate() })
    await using proxy = await startProxy({ tls: certificate() })
    const env = { HTTPS_PROXY: proxy.address }
    await expect(obtain(server.put('/disk.raw', disk), { env, limits: { failuresInARow: 1 } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining(`the proxy ${new URL(proxy.address).host} cannot be reached`) as string,
    })
    expect(proxy.asked).toEqual([])
  })

  it('that is not there, nothing comes', async () => {
    await using server = await secure()
    await expect(obtain(server.put('/disk.raw', disk), { env: { HTTPS_PROXY: 'http://127.0.0.1:9' } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('the proxy 127.0.0.1:9 cannot be reached') as string,
    })
  })

  describe('that accepts a connection and never answers', () => {
    const silent = async () => {
      const server = createServer((socket) => socket.on('error', () => undefined).resume())
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const env = { HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
      const connections = () =>
        new Promise<number>((resolve) =>
          server.getConnections((_error, count) => {
            resolve(count)
          }),
        )
      return {
        env,
        connections,
        [Symbol.asyncDispose]: () =>
          new Promise<void>((resolve) =>
            server.close(() => {
              resolve()
            }),
          ),
      }
    }
    const url = 'https://image.example/disk.raw'

    it('nothing comes, and it counts as silence', async () => {
      await using proxy = await silent()
      await expect(obtain(url, { env: proxy.env, limits: { stallMs: 100, failuresInARow: 2 } })).rejects.toMatchObject({
        outcome: 'infra-error',
        message: expect.stringContaining('no byte for 0.1 s') as string,
      })
      await expect.poll(proxy.connections).toBe(0)
    })

    it('a cancelled job ends', async () => {
      await using proxy = await silent()
      const cancel = new AbortController()
      const reason = new Error('cancelled')
      setTimeout(() => {
        cancel.abort(reason)
      }, 100)
      await expect(obtain(url, { env: proxy.env, signal: cancel.signal })).rejects.toBe(reason)
      await expect.poll(proxy.connections).toBe(0)
    })

    it('the deadline ends it', async () => {
      await using proxy = await silent()
      await expect(obtain(url, { env: proxy.env, deadlineMs: performance.now() + 200 })).rejects.toThrow('is fetched')
      await expect.poll(proxy.connections).toBe(0)
    })
  })

  it('of another kind nothing can go', async () => {
    await expect(
      obtain('https://127.0.0.1:9/disk.raw', { env: { ALL_PROXY: 'socks5://me:hunter2@127.0.0.1:1080' } }),
    ).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'the environment variable HTTPS_PROXY or ALL_PROXY is no address of an HTTP proxy',
    })
  })
})

describe('the proxy of an address', () => {
  const [a, b] = ['http://a:1/', 'http://b:2/']
  it.each([
    ['https://host/x', {}, undefined],
    ['https://host/x', { HTTPS_PROXY: a, HTTP_PROXY: b }, a],
    ['http://host/x', { HTTPS_PROXY: a, HTTP_PROXY: b }, b],
    ['https://host/x', { https_proxy: a, HTTPS_PROXY: b }, a],
    ['https://host/x', { HTTPS_PROXY: '', ALL_PROXY: a }, a],
    ['https://host/x', { HTTPS_PROXY: a, no_proxy: '*' }, undefined],
    ['https://host/x', { HTTPS_PROXY: a, NO_PROXY: 'other, host' }, undefined],
    ['https://www.host/x', { HTTPS_PROXY: a, NO_PROXY: 'host' }, undefined],
    ['https://www.host/x', { HTTPS_PROXY: a, NO_PROXY: '.host' }, undefined],
    ['https://www.host/x', { HTTPS_PROXY: a, NO_PROXY: '*.HOST' }, undefined],
    ['https://ghost/x', { HTTPS_PROXY: a, NO_PROXY: 'host' }, a],
    ['https://host/x', { HTTPS_PROXY: a, NO_PROXY: 'host:8443' }, a],
    ['https://host/x', { HTTPS_PROXY: a, NO_PROXY: 'host:443' }, undefined],
    ['https://host:8443/x', { HTTPS_PROXY: a, NO_PROXY: 'host:8443' }, undefined],
    ['https://10.1.2.3/x', { HTTPS_PROXY: a, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3/x', { HTTPS_PROXY: a, NO_PROXY: '10.0.0.0/8' }, a],
    ['https://[fd00::1]/x', { HTTPS_PROXY: a, NO_PROXY: 'fd00::/8' }, undefined],
    ['https://[::1]/x', { HTTPS_PROXY: a, NO_PROXY: '[::1]' }, undefined],
    ['https://[::1]/x', { HTTPS_PROXY: a, NO_PROXY: '::1' }, undefined],
  ])('%s with %j', (url, env, proxy) => {
    expect(proxyFor(new URL(url), env)?.href).toBe(proxy)
  })
})
