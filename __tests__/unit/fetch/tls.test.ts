import https from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { redirectTarget } from '../../../src/fetch/http'
import { certificate } from '../../support/certificate'
import { has, obtain, rawDisk } from '../../support/make'
import { startServer } from '../../support/server'
import { createHash } from 'node:crypto'

const disk = rawDisk(1024 * 1024)
const checksum = createHash('sha256').update(disk).digest('hex')

afterEach(() => {
  delete https.globalAgent.options.ca
})

describe.skipIf(!has('openssl'))('over https', () => {
  it('an unknown certificate is refused at once', async () => {
    await using server = await startServer({ tls: certificate() })
    await expect(obtain(server.put('/disk.raw', disk), { limits: { firstRetryMs: 3_600_000 } })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('certificate or TLS is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)') as string,
    })
    expect(server.asked).toEqual([])
  })

  it('a redirect down to http needs a checksum', async () => {
    const tls = certificate()
    https.globalAgent.options.ca = tls.cert
    await using safe = await startServer({ tls })
    await using open = await startServer()
    const to = open.put('/mirror/disk.raw', disk)
    const url = safe.put('/disk.raw', { content: '', always: { kind: 'redirect', to } })
    await expect(obtain(url)).rejects.toMatchObject({
      outcome: 'image-error',
      message: `${url} redirects from https to ${to}, where anybody on the way may exchange it`,
    })
    expect(open.asked).toEqual([])
    expect((await obtain(url, { request: { checksum } })).facts.verified).toBe('checksum')
    // A checksum file proves nothing when it comes that way itself.
    const sums = safe.put('/SUMS', { content: '', always: { kind: 'redirect', to: open.put('/SUMS', `${checksum}  disk.raw\n`) } })
    await expect(obtain(url, { request: { checksumFile: sums } })).rejects.toThrow('redirects from https to')
    expect((await obtain(safe.put('/plain.raw', disk))).facts.bytes).toBe(disk.length)
  })
})

it.each([
  ['https://a/x', '/y', false, 'https://a/y'],
  ['https://a/x', '//b/y', false, 'https://b/y'],
  ['http://a/x', 'https://b/y', false, 'https://b/y'],
  ['http://a/x', 'http://b/y', false, 'http://b/y'],
  ['https://a/x', 'http://b/y', true, 'http://b/y'],
  ['https://u:p@a/x', '/y', false, 'https://u:p@a/y'],
  ['https://u:p@a/x', 'https://b/y', false, 'https://b/y'],
])('%s redirected to %s', (from, location, mayDowngrade, target) => {
  expect(redirectTarget(new URL(from), location, mayDowngrade).href).toBe(target)
})
