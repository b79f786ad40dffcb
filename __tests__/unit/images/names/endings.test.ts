// What can become of an image on its way through a name: from fedora:44 to a disk, with real keys, signatures and servers.
import { createHash } from 'node:crypto'
import https from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { toJobError } from '../../../../src/errors'
import type { Key } from '../../../../src/images/trust/signatures/keys'
import { certificate } from '../../../support/certificate'
import { folder, obtaining, rawDisk, type Obtaining } from '../../../support/make'
import { startServer, type Place, type TestServer } from '../../../support/server'
import { createSigner, type Signer } from '../../../support/signer'

const file = 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'
const image = rawDisk(256 * 1024)
const other = rawDisk(256 * 1024, 2)
const hex = createHash('sha256').update(image).digest('hex')
const sums = `# ${file}: ${image.length} bytes\nSHA256 (${file}) = ${hex}\n`
const folderOfImage = '/releases/44/Cloud/x86_64/images/'

let signer: Signer
let keys: { readonly fedora44: Key; readonly fedora45: Key; readonly expired: Key; readonly stranger: Key }
beforeAll(() => {
  signer = createSigner()
  const fedora = (release: string, key: Key): Key => ({ ...key, distribution: 'fedora', release })
  keys = {
    fedora44: fedora('44', signer.key('Fedora 44')),
    fedora45: fedora('45', signer.key('Fedora 45')),
    expired: fedora('44', signer.key('Fedora 44 of old', { at: '20240101T000000', lasts: '10d' })),
    stranger: signer.key('Stranger'),
  }
})
afterAll(() => {
  signer.close()
  delete https.globalAgent.options.ca
})

interface Scene {
  readonly checksums?: Buffer | string // absent: there is no checksum file
  readonly releases?: string | null // the digest in releases.json; null: it gives none
  readonly published?: Buffer | Place
  readonly mirrors?: (servers: Servers) => string // the metalink
  readonly request?: Partial<ImageRequest>
  readonly options?: Obtaining
  readonly open?: true // everything over http
}

interface Servers {
  readonly publisher: TestServer
  readonly mirror: TestServer
  readonly third: TestServer
}

const metalink = (...urls: readonly (readonly [url: string, preference: number])[]): string =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic" xmlns:mm0="http://fedorahosted.org/mirrormanager">',
    ` <files><file name="${file}"><size>1</size>`,
    // Of other bytes: nothing but the addresses counts.
    `  <verification><hash type="sha256">${createHash('sha256').update(other).digest('hex')}</hash></verification>`,
    '  <resources maxconnections="1">',
    ...urls.map(([url, preference]) => {
      const protocol = url.split(':')[0] ?? ''
      return `   <url protocol="${protocol}" type="${protocol}" location="DE" preference="${preference}">${url}</url>`
    }),
    '  </resources></file></files></metalink>',
  ].join('\n')

const play = async ({ checksums, releases = hex, published = image, mirrors, request = {}, options = {}, open }: Scene) => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  await using publisher = await startServer(open ? {} : { tls })
  await using mirror = await startServer({ tls })
  await using third = await startServer({ tls })
  const servers = { publisher, mirror, third }
  const row = { version: '44', arch: 'x86_64', variant: 'Cloud', subvariant: 'Cloud_Base', size: String(image.length) }
  const link = `https://download.fedoraproject.org/pub/fedora/linux${folderOfImage}${file}`
  publisher.put('/releases.json', JSON.stringify([{ ...row, link, ...(releases === null ? {} : { sha256: releases }) }]))
  publisher.put(`${folderOfImage}${file}`, published)
  if (checksums !== undefined) publisher.put(`${folderOfImage}Fedora-Cloud-44-1.7-x86_64-CHECKSUM`, checksums)
  if (mirrors !== undefined) publisher.put('/metalink', mirrors(servers))
  const env = {
    IMAGE_TEST_FEDORA_RELEASES: `${publisher.origin}/releases.json`,
    IMAGE_TEST_FEDORA_DOWNLOAD: publisher.origin,
    IMAGE_TEST_FEDORA_MASTER: publisher.origin,
    IMAGE_TEST_FEDORA_METALINK: `${publisher.origin}/metalink`,
  }
  const pinned = [keys.fedora44, keys.fedora45, keys.expired]
  const run = obtaining('fedora:44', { env, keys: pinned, request, dir: folder(), ...options })
  const { warnings, progress } = run
  const asked = () =>
    Object.values(servers).map((server) => server.asked.map(({ path, status }) => `${status} ${path.split('?')[0] ?? ''}`))
  try {
    const disks = await run.disks
    return { disks, verdict: disks.facts.verified, says: disks.facts.verifiedBy, warnings, progress, asked: asked() }
  } catch (thrown) {
    const { outcome, message } = toJobError(thrown)
    return { verdict: outcome, says: message, warnings, progress, asked: asked() }
  }
}

const signed = (by: Key = keys.fedora44, options: readonly string[] = []): Buffer => signer.clearSign(sums, by, options)
const short = ({ fingerprint }: Key): string => `${fingerprint.slice(0, 4)}…${fingerprint.slice(-4)}`

describe('an image by its name', () => {
  it('is downloaded and verified, and its name tells who logs in', async () => {
    const { disks, ...ending } = await play({ checksums: signed() })
    expect(ending).toMatchObject({ verdict: 'signature', warnings: [] })
    expect(ending.says).toBe(
      `sha256 from Fedora-Cloud-44-1.7-x86_64-CHECKSUM, signed by ${short(keys.fedora44)} (Fedora 44); sha256 from releases.json`,
    )
    expect(disks).toMatchObject({ loginUser: 'fedora', facts: { asked: 'fedora:44', fetchedSha256: hex, format: 'raw' } })
    expect(disks?.facts.url).toMatch(new RegExp(`^https://127.0.0.1:\\d+${folderOfImage}${file}$`))
  })

  it.each<[name: string, scene: () => Scene, verdict: string, says: RegExp, warns?: RegExp]>([
    ['without a checksum file', () => ({}), 'checksum', /^sha256 from releases\.json$/],
    [
      'without a checksum file, where a signature is asked for',
      () => ({ request: { verify: 'signature' } }),
      'image-error',
      /^verify is signature, but the digest from releases\.json is not signed$/,
    ],
    ['unsigned', () => ({ checksums: sums }), 'checksum', /^sha256 from releases\.json; sha256 from Fedora-Cloud-44-1\.7-x86_64-CHECKSUM$/],
    [
      'unsigned, where a signature is asked for',
      () => ({ checksums: sums, request: { verify: 'signature' } }),
      'image-error',
      /is not signed/,
    ],
    ['the image is another', () => ({ checksums: signed(), published: other }), 'image-error', /is [0-9a-f]{64}, expected/],
    ['the image is another, without a checksum file', () => ({ published: other }), 'image-error', /from releases\.json/],
    [
      'changed after it was signed',
      () => ({ checksums: signed().toString().replace(hex.slice(0, 8), '00000000') }),
      'image-error',
      /^Fedora-Cloud-44-1\.7-x86_64-CHECKSUM was changed after/,
    ],
    [
      'signed by a stranger',
      () => ({ checksums: signed(keys.stranger) }),
      'checksum',
      /^sha256 from releases\.json/,
      /no signature proves the image/,
    ],
    [
      'signed with the key of another release',
      () => ({ checksums: signed(keys.fedora45), request: { verify: 'signature' } }),
      'image-error',
      /^verify is signature/,
    ],
    [
      'signed with a key that has expired',
      () => ({ checksums: signed(keys.expired, ['--faked-system-time', '20240103T000000']) }),
      'checksum',
      /^sha256 from releases\.json/,
      /expired/,
    ],
    [
      'signed, but releases.json says another digest',
      () => ({ checksums: signed(), releases: 'a'.repeat(64) }),
      'image-error',
      /^sha256 of .* is a{64} \(from releases\.json\), but [0-9a-f]{64} \(from Fedora-Cloud-44-1\.7-x86_64-CHECKSUM, signed by/,
    ],
    [
      'signed, and releases.json gives no digest',
      () => ({ checksums: signed(), releases: null }),
      'signature',
      /^sha256 from Fedora-Cloud-44/,
    ],
    ['everything over http, signed', () => ({ checksums: signed(), open: true }), 'signature', /signed by/],
    ['everything over http, unsigned', () => ({ checksums: sums, open: true }), 'none', /^nothing that counts/, /nothing proves the image/],
    [
      'everything over http, unsigned, where a checksum is asked for',
      () => ({ checksums: sums, open: true, request: { verify: 'checksum' } }),
      'image-error',
      /^verify is checksum, but/,
    ],
    ['verify is none', () => ({ checksums: signed(), request: { verify: 'none' } }), 'none', /^nothing: verify is none$/],
  ])('%s', async (_name, scene, verdict, says, warns) => {
    const ending = await play(scene())
    expect(ending).toMatchObject({ verdict, says: expect.stringMatching(says) as string })
    if (warns === undefined) expect(ending.warnings).toEqual([])
    else expect(ending.warnings.join('\n')).toMatch(warns)
  })

  it('does not fetch what two contradict each other about', async () => {
    const { asked } = await play({ checksums: signed(), releases: 'a'.repeat(64) })
    expect(asked.flat().filter((line) => line.endsWith(file))).toEqual([])
  })
})

describe('mirrors of a metalink', () => {
  const path = `/fedora/${file}`
  const mirrored =
    (first: Place | Buffer, second: Place | Buffer = image) =>
    ({ mirror, third }: Servers): string =>
      metalink([third.put(path, second), 90], [mirror.put(path, first), 100])

  it('are not asked while the publisher sends', async () => {
    const { verdict, asked } = await play({ checksums: signed(), mirrors: mirrored(image) })
    expect(verdict).toBe('signature')
    expect(asked).toEqual([expect.not.arrayContaining(['200 /metalink']), [], []])
  })

  it.each<[string, Place]>([
    ['does not have it', { content: '', always: { kind: 'status', status: 404 } }],
    ['does not let us', { content: '', always: { kind: 'status', status: 403 } }],
    ['breaks down', { content: '', always: { kind: 'status', status: 503 } }],
    ['does not answer', { content: '', always: { kind: 'refuse' } }],
    ['stalls', { content: image, always: { kind: 'stall', afterBytes: 100_000 } }],
    ['breaks off', { content: image, always: { kind: 'cut', afterBytes: 100_000 } }],
  ])('are asked in turn when one %s', async (_name, broken) => {
    const { verdict, says, progress, asked } = await play({
      checksums: signed(),
      published: broken,
      mirrors: mirrored(broken),
      options: { limits: { stallMs: 300, firstRetryMs: 5000 } },
    })
    expect([verdict, says]).toEqual(['signature', expect.stringContaining('signed by')])
    expect(asked[1]).not.toEqual([])
    expect(asked[2]?.at(-1)).toMatch(/^20[06] /)
    expect(progress.join('\n')).toMatch(/going on at 127\.0\.0\.1:\d+/)
  })

  it('go on where the one before stopped, and are not trusted for it', async () => {
    const cut: Place = { content: image, always: { kind: 'cut', afterBytes: 100_000 } }
    const good = await play({ checksums: signed(), published: cut, mirrors: mirrored(image) })
    expect([good.verdict, good.disks?.facts.fetchedSha256]).toEqual(['signature', hex])
    // What the first of them has does not continue what came before, so the next is asked.
    const mixed = await play({ checksums: signed(), published: cut, mirrors: mirrored(other) })
    expect([mixed.verdict, mixed.disks?.facts.fetchedSha256, mixed.asked[2]?.length]).toEqual(['signature', hex, 1])
    const evil = await play({ checksums: signed(), published: cut, mirrors: mirrored(other, other) })
    expect([evil.verdict, evil.disks]).toEqual(['infra-error', undefined])
    expect(evil.says).toContain('the file changed on the server while it was fetched')
  })

  it('that serve other bytes are found out', async () => {
    const gone: Place = { content: '', always: { kind: 'status', status: 404 } }
    const ending = await play({ checksums: signed(), published: gone, mirrors: mirrored(other, other) })
    expect(ending).toMatchObject({ verdict: 'image-error', says: expect.stringContaining(`expected ${hex}`) as string })
  })

  it('are not asked for what nothing proves', async () => {
    const gone: Place = { content: '', always: { kind: 'status', status: 404 } }
    const ending = await play({ releases: null, published: gone, mirrors: mirrored(image) })
    expect(ending.verdict).toBe('image-error')
    expect(ending.asked.slice(1)).toEqual([[], []])
  })

  it('need not exist', async () => {
    const gone: Place = { content: '', always: { kind: 'status', status: 404 } }
    const ending = await play({ published: gone })
    expect(ending).toMatchObject({ verdict: 'image-error', says: expect.stringContaining('was not found (HTTP 404)') as string })
  })
})
