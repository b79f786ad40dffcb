// A server that refuses to say what it has is never taken for one that has nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { nameSources } from '../../../../src/images/names'
import { baseUrls } from '../../../../src/images/names/base-urls'
import { publishers } from './harness'
import { apacheListing, jsonListing } from './listings'

const { identify, server, published } = publishers()

// As a private mirror to whoever has no login for it: the same answer to everything.
const refusing = async (status: number) => {
  const mirror = createServer((_request, response) => response.writeHead(status).end('<html>'))
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`
  return {
    env: Object.fromEntries(Object.keys(baseUrls).map((name) => [name, origin])),
    [Symbol.asyncDispose]: () =>
      new Promise<void>(
        (resolve) =>
          void mirror.close(() => {
            resolve()
          }),
      ),
  }
}

describe('a publisher that', () => {
  const names = nameSources.map(({ example }) => example)

  it.each(names)('needs a login is told of, for %s', async (name) => {
    await using mirror = await refusing(401)
    await expect(identify(name, {}, mirror)).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(/^http:\S+ needs a login \(HTTP 401\)$/) as string,
      hint: expect.stringContaining('IMAGE_TEST_AUTH') as string,
    })
  })

  it.each(names)('lets nobody in is told of, for %s', async (name) => {
    await using mirror = await refusing(403)
    await expect(identify(name, {}, mirror)).rejects.toThrow(/^http:\S+ may not be read \(HTTP 403\)$/)
  })

  it.each(names)('is behind a proxy that needs a login is told of, for %s', async (name) => {
    await using mirror = await refusing(407)
    await expect(identify(name, {}, mirror)).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/^download of \S+ failed: a proxy on the way needs a login \(HTTP 407\)$/) as string,
      hint: expect.stringContaining('HTTPS_PROXY') as string,
    })
  })

  it.each(names)('has nothing is told from that, for %s', async (name) => {
    await using mirror = await refusing(404)
    await expect(identify(name, {}, mirror)).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.not.stringMatching(/login|may not be read/) as string,
    })
  })
})

describe('a bucket that says 403 of what is missing', () => {
  const answer = (path: string, status = 403): void => void server().put(path, { content: '', always: { kind: 'status', status } })

  it('has a compose where its second place does', async () => {
    const payload = {
      compose: { id: 'X-20260901.0' },
      images: { Cloud: { x86_64: [{ arch: 'x86_64', path: 'one.qcow2', subvariant: 'Cloud_Base', type: 'qcow2' }] } },
    }
    for (const path of ['COMPOSE_ID', 'STATUS', 'compose/metadata/images.json']) answer(`/bucket/latest-X/${path}`)
    server().put('/bucket/latest-X/metadata/images.json', JSON.stringify({ payload }))
    expect((await identify(`compose:${server().origin}/bucket/latest-X`)).url).toBe(`${server().origin}/bucket/latest-X/one.qcow2`)
  })

  it('has a box where its second place does', async () => {
    answer('/vagrant/api/v2/vagrant/fedora/42-cloud-base')
    const versions = [{ version: '1.0', providers: [{ name: 'libvirt', url: 'one.box' }] }]
    server().put('/vagrant/fedora/42-cloud-base', JSON.stringify({ versions }))
    expect((await identify('vagrant:fedora/42-cloud-base')).version).toBe('1.0')
  })

  it('has not that version of Fedora CoreOS', async () => {
    answer('/coreos/prod/streams/stable/builds/44.1.1.1/x86_64/meta.json')
    await expect(identify('fedora-coreos:stable?version=44.1.1.1')).rejects.toThrow(
      'no version 44.1.1.1 for x86_64; there is: 44.20260705.3.0',
    )
  })

  it('has not the checksum file, but for one that needs a login', async () => {
    const folder = '/debian/trixie/20260801-1/'
    server().put('/bucket-of-debian/trixie/', apacheListing(['20260801-1/']))
    server().put(`/bucket-of-debian/trixie/20260801-1/`, apacheListing(['debian-13-genericcloud-amd64-20260801-1.qcow2']))
    const env = { ...published().env, IMAGE_TEST_DEBIAN: `${server().origin}/bucket-of-debian` }
    const sums = `${folder.replace('/debian/', '/bucket-of-debian/')}SHA512SUMS`
    answer(sums)
    expect(await identify('debian:13', {}, { env })).toMatchObject({ verified: 'none', version: '20260801-1' })
    answer(sums, 401)
    await expect(identify('debian:13', {}, { env })).rejects.toThrow('SHA512SUMS needs a login (HTTP 401)')
  })
})

describe('a release that is missing', () => {
  it('is known to be, also when the list of the others may not be read', async () => {
    server().put('/closed/', { content: '', always: { kind: 'status', status: 403 } })
    const env = { ...published().env, IMAGE_TEST_ROCKY: `${server().origin}/closed` }
    await expect(identify('rocky:7', {}, { env })).rejects.toThrow(/^rocky:7: there is no rocky 7 for x86_64$/)
  })

  it.each([
    ['arch:latest', 'IMAGE_TEST_ARCH', '/empty/', apacheListing([])],
    ['opensuse:latest', 'IMAGE_TEST_OPENSUSE', '/empty/distribution/leap/', jsonListing([])],
  ])('is told where nothing is listed: %s', async (name, variable, path, listing) => {
    server().put(path, listing)
    const env = { ...published().env, [variable]: `${server().origin}/empty` }
    await expect(identify(name, {}, { env })).rejects.toThrow(/there is no (image|opensuse latest)/)
  })
})
