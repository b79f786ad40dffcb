import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkSignature, type Checked, type Signers } from '../../../../../src/images/trust/signatures/check'
import type { Key } from '../../../../../src/images/trust/signatures/keys'
import { folder } from '../../../../support/make'
import { createSigner, type Signer } from '../../../../support/signer'

const text = `# disk.raw: 5 bytes\nSHA256 (disk.raw) = ${'a'.repeat(64)}\n- a dash\n`

let signer: Signer
let ours: Key
let other: Key
beforeAll(() => {
  signer = createSigner()
  ours = signer.key('Ours <ours@example.com>', { bytes: 'rsa2048' })
  other = signer.key('Other <other@example.com>')
})
afterAll(() => {
  signer.close()
})

const pinned = (...keys: readonly Key[]): Signers => ({ kind: 'pinned', keys })
const short = ({ fingerprint, owner }: Key): string => `${fingerprint.slice(0, 4)}…${fingerprint.slice(-4)} (${owner})`
const id = ({ fingerprint, owner }: Key): string => `${fingerprint.slice(-16)} (${owner})`

const check = async (bytes: Buffer | string, signers: Signers, detached?: Buffer): Promise<Checked> => {
  const dir = folder()
  const checked = await checkSignature(
    { name: 'SUMS', bytes: Buffer.from(bytes), detached: detached && { name: 'SUMS.asc', bytes: detached } },
    signers,
    { dir, signal: new AbortController().signal, onProgress: () => undefined },
  )
  expect(readdirSync(dir)).toEqual([])
  return checked
}

describe('a clear-signed file', () => {
  it('counts for what is signed, and tells by whom', async () => {
    const signed = signer.clearSign(text, ours)
    const around = `SHA256 (disk.raw) = ${'b'.repeat(64)}\n`
    expect(await check(`${around}${signed.toString()}${around}`, pinned(other, ours))).toEqual({ kind: 'signed', by: short(ours), text })
  })

  it('is all that gpgv gets to see: what stands in front is not unpacked', async () => {
    const bomb = signer.pack(Buffer.alloc(64 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(100_000)
    const file = Buffer.concat([bomb, Buffer.from('\n'), signer.clearSign(text, ours)])
    expect(await check(file, pinned(ours))).toEqual({ kind: 'signed', by: short(ours), text })
    const armored = Buffer.concat([signer.sign('SHA256 (disk.raw) = bb\n', other), signer.clearSign(text, ours)])
    expect(await check(armored, pinned(ours, other))).toEqual({ kind: 'signed', by: short(ours), text })
  })

  it('may be signed by a subkey: the primary key is compared', async () => {
    const key = signer.key('Sub <sub@example.com>', { signingSubkey: true })
    expect(await check(signer.clearSign(text, key), pinned(key))).toMatchObject({ kind: 'signed', by: short(key) })
  })

  it('is refused when it was changed', async () => {
    const changed = signer.clearSign(text, ours).toString().replace('aaaa', 'bbbb')
    expect(await check(changed, pinned(ours))).toEqual({
      kind: 'refused',
      why: `SUMS was changed after ${id(ours)} signed it, or its signature was`,
    })
  })

  it('proves nothing when somebody else signed it', async () => {
    expect(await check(signer.clearSign(text, other), pinned(ours))).toEqual({
      kind: 'unproven',
      why: `SUMS is signed by ${other.fingerprint.slice(-16)}, which is none of the keys that may sign it`,
    })
  })

  it('proves nothing when the key in the table is not the one of the fingerprint beside it', async () => {
    const checked = await check(signer.clearSign(text, other), pinned({ ...ours, armored: other.armored }))
    expect(checked).toMatchObject({ kind: 'unproven', why: expect.stringContaining('none of the keys that may sign it') as string })
  })

  it('proves nothing after its key has expired, although gpgv then ends with 0', async () => {
    const key = signer.key('Old <old@example.com>', { at: '20240101T000000', lasts: '10d' })
    const signed = signer.clearSign(text, key, ['--faked-system-time', '20240103T000000'])
    expect(await check(signed, pinned(key))).toEqual({ kind: 'unproven', why: `SUMS is signed by ${id(key)}, a key that has expired` })
  })

  it('proves nothing after the signature has expired', async () => {
    const key = signer.key('Brief <brief@example.com>', { at: '20240101T000000' })
    const signed = signer.clearSign(text, key, ['--faked-system-time', '20240103T000000', '--default-sig-expire', '1d'])
    expect(await check(signed, pinned(key))).toEqual({ kind: 'unproven', why: `the signature of SUMS by ${id(key)} has expired` })
  })

  it('is refused when its key was revoked', async () => {
    const key = signer.key('Gone <gone@example.com>')
    const signed = signer.clearSign(text, key)
    expect(await check(signed, pinned(signer.revoke(key)))).toEqual({
      kind: 'refused',
      why: `SUMS is signed by ${id(key)}, a key that was revoked`,
    })
  })

  it('proves nothing with SHA-1', async () => {
    const signed = signer.clearSign(text, ours, ['--digest-algo', 'SHA1', '--allow-weak-digest-algos'])
    expect(await check(signed, pinned(ours))).toMatchObject({ kind: 'unproven', why: expect.stringContaining('SHA-1') as string })
  })

  it('proves nothing when it holds two signed texts', async () => {
    const twice = Buffer.concat([signer.clearSign(text, ours), signer.clearSign('else\n', ours)])
    expect(await check(twice, pinned(ours))).toEqual({ kind: 'unproven', why: 'SUMS holds several signed texts' })
  })

  it('proves nothing when its signature is damaged', async () => {
    const signed = signer.clearSign(text, ours).toString()
    const cut = signed.replace(/(BEGIN PGP SIGNATURE-----\n\n.{20})[^-]*/, '$1\n')
    expect(await check(cut, pinned(ours))).toMatchObject({ kind: expect.stringMatching(/^un/) as string })
  })
})

describe('a file with a signature beside it', () => {
  it('is signed by who is known among several signers, first or last', async () => {
    const signatures = signer.detach(text, [other, ours])
    expect(await check(text, pinned(ours), signatures)).toEqual({ kind: 'signed', by: short(ours), text })
    expect(await check(text, pinned(other), signatures)).toEqual({ kind: 'signed', by: short(other), text })
  })

  it('is refused when it was changed', async () => {
    expect(await check(`${text} `, pinned(ours), signer.detach(text, [ours]))).toMatchObject({ kind: 'refused' })
  })

  it('is not signed when there is no signature in the file beside it', async () => {
    expect(await check(text, pinned(ours), Buffer.from('<html>'))).toEqual({
      kind: 'unsigned',
      why: 'SUMS is not signed: SUMS.asc holds no signature',
    })
    expect(await check(text, pinned(ours))).toEqual({ kind: 'unsigned', why: 'SUMS is not signed' })
  })

  it('needs a key', async () => {
    expect(await check(text, pinned(), signer.detach(text, [ours]))).toMatchObject({ why: 'no key is known here that may sign SUMS' })
  })
})

it('is looked at after gpgv is installed where it is missing', async () => {
  const signed = signer.clearSign(text, ours)
  const bin = folder()
  symlinkSync('/usr/bin/env', join(bin, 'env'))
  const gpgv = execFileSync('sh', ['-c', 'command -v gpgv'], { encoding: 'utf8' }).trim()
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\necho "$*" >> ${bin}/calls\n/bin/ln -s ${gpgv} ${bin}/gpgv\n`, { mode: 0o755 })
  vi.stubEnv('PATH', bin)
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  expect(await check(signed, pinned(ours))).toMatchObject({ kind: 'signed' })
  expect(readFileSync(join(bin, 'calls'), 'utf8')).toMatch(/install --no-install-recommends -y gpgv\n$/)
})

it('cannot be looked at without gpgv', async () => {
  const signed = signer.clearSign(text, ours)
  vi.stubEnv('PATH', '/nonexistent')
  await expect(check(signed, pinned(ours))).rejects.toMatchObject({
    outcome: 'infra-error',
    message: 'gpgv not found, and there is no apt-get to install it with',
  })
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
