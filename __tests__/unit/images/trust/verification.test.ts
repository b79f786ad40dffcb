import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import https from 'node:https'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { besideNames } from '../../../../src/images/trust/beside'
import { defaultLimits } from '../../../../src/images/limits'
import type { ChecksumFile, Resolved, Vouched } from '../../../../src/images/resolved'
import { readKeys } from '../../../../src/images/trust/signatures/armor'
import type { Key } from '../../../../src/images/trust/signatures/keys'
import { verification, type Verification } from '../../../../src/images/trust/verification'
import { systemClock } from '../../../../src/lib/clock'
import { certificate } from '../../../support/certificate'
import { folder, inFolder, obtain, obtaining, rawDisk } from '../../../support/make'
import { startServer, type TestServer } from '../../../support/server'
import { createSigner, type Signer } from '../../../support/signer'

const hex = 'a'.repeat(64)
const sums = `SHA256 (disk.raw) = ${hex}\n`

let signer: Signer
let ours: Key
let other: Key
beforeAll(() => {
  signer = createSigner()
  ours = signer.key('Ours')
  other = signer.key('Other')
})
afterAll(() => {
  signer.close()
})
afterEach(() => {
  delete https.globalAgent.options.ca
})

const short = ({ fingerprint }: Key): string => `${fingerprint.slice(0, 4)}…${fingerprint.slice(-4)}`

const secure = (): Promise<TestServer> => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  return startServer({ tls })
}

const verify = async (
  resolved: Partial<Resolved>,
  request: Partial<ImageRequest> = {},
  keys: readonly Key[] = [ours, other],
): Promise<Verification & { readonly warnings: readonly string[] }> => {
  const warnings: string[] = []
  const signal = new AbortController().signal
  const found = await verification(
    { source: 'a:name', verify: 'auto', ...request },
    {
      source: { kind: 'url', url: new URL('https://127.0.0.1:9/disk.raw'), name: 'disk.raw', shown: 'disk.raw' },
      digests: [],
      checksumFiles: [],
      provisioning: 'cloud-init',
      ...resolved,
    },
    {
      network: {
        signal,
        deadlineMs: performance.now() + 600_000,
        clock: systemClock,
        limits: { ...defaultLimits, firstRetryMs: 5, longestRetryMs: 20, failuresInARow: 3 },
        onProgress: () => undefined,
      },
      gpgv: { dir: folder(), signal, onProgress: () => undefined },
      keys,
      cwd: folder(),
      warn: (text) => warnings.push(text),
    },
  )
  return { ...found, warnings }
}

const file = (url: string, more: Partial<ChecksumFile> = {}): ChecksumFile => ({
  url: new URL(url),
  signature: { kind: 'inside' },
  keys: [ours.fingerprint],
  trusted: true,
  ...more,
})
const digest = (more: Partial<Vouched> = {}): Vouched => ({ algorithm: 'sha256', hex, from: 'from releases.json', trusted: true, ...more })

describe("what an image's name stands for", () => {
  it('is proven by the first checksum file that there is', async () => {
    await using server = await secure()
    const url = server.put('/B', signer.clearSign(sums, ours))
    const checksumFiles = [file(`${server.origin}/A`), file(url), file(`${server.origin}/C`)]
    expect(await verify({ checksumFiles, digests: [digest()] })).toEqual({
      expected: [
        { algorithm: 'sha256', hex, from: 'from releases.json' },
        { algorithm: 'sha256', hex, from: `from B, signed by ${short(ours)} (Ours)` },
      ],
      level: 'signature',
      by: `sha256 from B, signed by ${short(ours)} (Ours); sha256 from releases.json`,
      warnings: [],
    })
    expect(server.asked.map(({ path }) => path)).toEqual(['/A', '/B'])
  })

  it('may be signed only by the keys of that name, not by every pinned one', async () => {
    await using server = await secure()
    const checksumFiles = [file(server.put('/SUMS', signer.clearSign(sums, other)))]
    await expect(verify({ checksumFiles }, { verify: 'signature' })).rejects.toThrow('none of the keys that may sign it')
    const warnings = [expect.stringMatching(/^no signature proves the image: SUMS is signed by /) as string]
    expect(await verify({ checksumFiles })).toMatchObject({ level: 'checksum', warnings })
    expect(await verify({ checksumFiles, digests: [digest()] })).toMatchObject({ level: 'checksum', warnings })
    const younger = [file(server.put('/SUMS', signer.clearSign(sums, other)), { keys: [] })]
    expect(await verify({ checksumFiles: younger })).toMatchObject({
      level: 'checksum',
      warnings: ['no signature proves the image: no key is known here that may sign SUMS'],
    })
  })

  it('may have its signature at an address of its own', async () => {
    await using server = await secure()
    const url = server.put('/SUMS', sums)
    const signature = { kind: 'detached', url: new URL(server.put('/SIGNATURE', signer.detach(sums, [ours]))) } as const
    expect(await verify({ checksumFiles: [file(url, { signature })] }, { verify: 'signature' })).toMatchObject({ level: 'signature' })
    const missing = { kind: 'detached', url: new URL(`${server.origin}/missing`) } as const
    expect(await verify({ checksumFiles: [file(url, { signature: missing })] })).toMatchObject({ level: 'checksum' })
  })

  it('is proven by its own digest while no checksum file can be reached, and the report says so', async () => {
    await using server = await secure()
    const url = server.put('/SUMS', { content: '', always: { kind: 'status', status: 503 } })
    const resolved = { checksumFiles: [file(url)], digests: [digest()] }
    expect(await verify(resolved)).toMatchObject({
      level: 'checksum',
      by: 'sha256 from releases.json',
      warnings: [`download of ${url} failed: HTTP 503; its signature is not looked at`],
    })
    await expect(verify(resolved, { verify: 'signature' })).rejects.toMatchObject({ outcome: 'infra-error' })
    await expect(verify({ checksumFiles: [file(url)] })).rejects.toMatchObject({ outcome: 'infra-error' })
  })

  it('is not proven by a digest from a mirror, nor by a checksum file of one', async () => {
    await using server = await secure()
    const mirrored = file(server.put('/SUMS', sums), { trusted: false, signature: { kind: 'none' } })
    const doubt = 'SUMS came from a mirror, which is not trusted, and it is not signed'
    expect(await verify({ checksumFiles: [mirrored] })).toMatchObject({
      level: 'none',
      by: `nothing that counts: sha256 from SUMS, but ${doubt}`,
      expected: [{ hex }],
    })
    await expect(verify({ checksumFiles: [mirrored] }, { verify: 'checksum' })).rejects.toThrow(`verify is checksum, but ${doubt}`)
    const digests = [digest({ trusted: false })]
    expect(await verify({ digests })).toMatchObject({ level: 'none', expected: [{ hex }] })
    await expect(verify({ digests }, { verify: 'checksum' })).rejects.toMatchObject({
      outcome: 'image-error',
      message: 'verify is checksum, but the digest from releases.json did not come over https from the publisher',
    })
  })

  it('is not asked for more than `verify` wants and you give', async () => {
    await using server = await secure()
    const checksumFiles = [file(server.put('/SUMS', signer.clearSign(sums, ours)))]
    expect(await verify({ checksumFiles, digests: [digest()] }, { verify: 'checksum' })).toMatchObject({ level: 'checksum' })
    expect(await verify({ checksumFiles }, { checksum: hex })).toMatchObject({ level: 'checksum', by: 'sha256 given with the job' })
    expect(server.asked).toEqual([])
    expect(await verify({ checksumFiles }, { checksum: hex, verify: 'signature' })).toMatchObject({
      level: 'signature',
      by: `sha256 from SUMS, signed by ${short(ours)} (Ours); sha256 given with the job`,
    })
  })

  it('tells what was looked for when there is nothing', async () => {
    await using server = await secure()
    const checksumFiles = [file(`${server.origin}/A`), file(`${server.origin}/B`)]
    await expect(verify({ checksumFiles }, { verify: 'signature' })).rejects.toThrow(
      'verify is signature, but no signed checksum file of disk.raw was found; looked for: A, B',
    )
    await expect(verify({ digests: [digest()] }, { verify: 'signature' })).rejects.toMatchObject({
      outcome: 'image-error',
      message: 'verify is signature, but the digest from releases.json is not signed',
    })
  })
})

describe('an image whose name tells its publisher', () => {
  const name = 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'
  const text = `SHA256 (${name}) = ${hex}\n`
  const table = (): readonly Key[] => [
    { ...ours, distribution: 'fedora', release: '44' },
    { ...other, distribution: 'fedora', release: '41' },
  ]
  const image = (server: TestServer): Partial<Resolved> => ({
    source: { kind: 'url', url: new URL(`${server.origin}/${name}`), name, shown: name },
  })

  it.each([
    ['beside it', {}],
    ['that is named', { checksumFile: 'Fedora-Cloud-44-1.7-x86_64-CHECKSUM' }],
  ])('is proven by a checksum file %s only when the key of its release signed it', async (_name, request) => {
    await using server = await secure()
    const path = '/Fedora-Cloud-44-1.7-x86_64-CHECKSUM'
    server.put(path, signer.clearSign(text, ours))
    expect(await verify(image(server), { verify: 'signature', ...request }, table())).toMatchObject({ level: 'signature' })
    server.put(path, signer.clearSign(text, other))
    await expect(verify(image(server), { verify: 'signature', ...request }, table())).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(/CHECKSUM is signed by .*, which is none of the keys that may sign it$/) as string,
    })
    expect(await verify(image(server), request, table())).toMatchObject({ level: 'checksum' })
    const signingKey = other.armored
    expect(await verify(image(server), { signingKey, ...request }, table())).toMatchObject({ level: 'signature' })
  })
})

describe('signing-key', () => {
  const disk = rawDisk(64 * 1024)
  const of = `${createHash('sha256').update(disk).digest('hex')}  disk.raw\n`

  it.each(['its text', 'the path of its file', 'the path of a binary file'])('may be %s', async (kind) => {
    const path = inFolder('disk.raw', disk)
    const cwd = dirname(path)
    writeFileSync(join(cwd, 'SUMS'), of)
    writeFileSync(join(cwd, 'SUMS.sig'), signer.detach(of, [other]))
    writeFileSync(join(cwd, 'key.asc'), other.armored)
    writeFileSync(join(cwd, 'key.gpg'), readKeys(Buffer.from(other.armored)) ?? '')
    const signingKey = kind === 'its text' ? other.armored : kind.includes('binary') ? 'key.gpg' : 'key.asc'
    const { facts } = await obtain(path, { cwd, request: { signingKey, checksumFile: 'SUMS' } })
    expect(facts).toMatchObject({ verified: 'signature', verifiedBy: `sha256 from SUMS, signed by ${short(other)}` })
  })

  it('must be a key, and there must be something that it signed', async () => {
    const path = inFolder('disk.raw', disk)
    const refused = (signingKey: string, request: Partial<ImageRequest> = {}) =>
      expect(obtain(path, { cwd: dirname(path), request: { signingKey, ...request } })).rejects
    await refused('key.asc').toMatchObject({ outcome: 'config-error', message: 'there is no file key.asc with a signing key' })
    await refused('disk.raw').toMatchObject({ outcome: 'config-error', message: 'disk.raw holds no OpenPGP public key' })
    await refused(other.armored.slice(0, 40)).toMatchObject({ message: 'signing-key holds no OpenPGP public key' })
    await refused(other.armored).toMatchObject({
      outcome: 'config-error',
      message: 'a signing-key is given, but no signed checksum file is given',
    })
    await refused('x'.repeat(5000)).toMatchObject({ outcome: 'config-error' })
  })
})

describe('a local image with a signed checksum file beside it', () => {
  const disk = rawDisk(64 * 1024)
  const of = `${createHash('sha256').update(disk).digest('hex')}  disk.raw\n`
  const looking = () => ({ keys: [ours], limits: { besideMs: 5000 } })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it.each(['inside', 'beside'])('is proven by signature: %s', async (where) => {
    const path = inFolder('disk.raw', disk)
    inFolder('SHA256SUMS', where === 'inside' ? signer.clearSign(of, ours) : of, dirname(path))
    if (where === 'beside') inFolder('SHA256SUMS.gpg', signer.detach(of, [ours]), dirname(path))
    const { facts } = await obtain(path, { ...looking(), request: { verify: 'signature' } })
    expect(facts).toMatchObject({ verified: 'signature', verifiedBy: `sha256 from SHA256SUMS, signed by ${short(ours)} (Ours)` })
  })

  it('is not refused for want of gpgv, unless a signature is asked for', async () => {
    const path = inFolder('disk.raw', disk)
    inFolder('SHA256SUMS', signer.clearSign(of, ours), dirname(path))
    vi.stubEnv('PATH', '/nonexistent')
    for (const verify of ['auto', 'checksum'] as const) {
      const { disks, warnings } = obtaining(path, { ...looking(), request: { verify } })
      const verifiedBy = 'sha256 from SHA256SUMS, which lies beside the image'
      expect((await disks).facts).toMatchObject({ verified: 'checksum', verifiedBy })
      expect(warnings).toEqual([
        expect.stringMatching(/^no signature proves the image: the signature of SHA256SUMS is not looked at: gpgv not found/),
      ])
    }
    for (const request of [{ verify: 'signature' }, { signingKey: other.armored, checksumFile: 'SHA256SUMS' }] as const) {
      await expect(obtain(path, { ...looking(), request })).rejects.toMatchObject({
        outcome: 'infra-error',
        hint: expect.not.stringContaining('verify: checksum') as string,
      })
    }
  })

  it('tells where the digest is from and what to do when it was changed on purpose', async () => {
    const path = inFolder('disk.raw', rawDisk(64 * 1024, 2))
    inFolder('SHA256SUMS', signer.clearSign(of, ours), dirname(path))
    await expect(obtain(path, looking())).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(/\(from SHA256SUMS, signed by .* \(Ours\), which lies beside the image\)$/) as string,
      hint: expect.stringContaining('`verify: none`') as string,
    })
    expect((await obtain(path, { ...looking(), request: { verify: 'none' } })).facts).toMatchObject({ verified: 'none' })
  })
})

it.each([
  ['Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2', 'Fedora-Cloud-44-1.7-x86_64-CHECKSUM'],
  ['Fedora-Cloud-Base-39-1.5.x86_64.qcow2', 'Fedora-Cloud-39-1.5-x86_64-CHECKSUM'],
  ['Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2', 'Fedora-Cloud-40-1.14-x86_64-CHECKSUM'],
  ['Fedora-Cloud-Base-Generic-45_Beta-1.3.aarch64.qcow2', 'Fedora-Cloud-images-45_Beta-1.3-aarch64-CHECKSUM'],
  ['Fedora-Cloud-Base-Vagrant-libvirt-44-1.7.x86_64.vagrant.libvirt.box', 'Fedora-Cloud-44-1.7-x86_64-CHECKSUM'],
  ['Fedora-Cloud-Base-Generic-Rawhide-20260801.n.0.x86_64.qcow2', 'Fedora-Cloud-images-Rawhide-20260801.n.0-x86_64-CHECKSUM'],
])('beside %s, %s is looked for', (image, name) => {
  expect(besideNames(image)).toContain(name)
})
