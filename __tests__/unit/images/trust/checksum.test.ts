import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import https from 'node:https'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { digestsFor } from '../../../../src/images/trust/checksum-file'
import { parseChecksum } from '../../../../src/lib/digests'
import { processorMs } from '../../../support/processor-time'
import { certificate } from '../../../support/certificate'
import { folder, inFolder, obtain, obtaining, pack, rawDisk } from '../../../support/make'
import { startServer, type TestServer } from '../../../support/server'

const disk = rawDisk(1024 * 1024)
const digest = (algorithm: string, bytes = disk): string => createHash(algorithm).update(bytes).digest('hex')
const secure = (): Promise<TestServer> => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  return startServer({ tls })
}
afterEach(() => {
  delete https.globalAgent.options.ca
})
const one = 'a'.repeat(64)
const two = 'b'.repeat(64)
const long = 'c'.repeat(128)
const found = (text: string, image = 'x.qcow2', file = 'CHECKSUM'): readonly string[] =>
  digestsFor(text, image, file).map(({ algorithm, hex }) => `${algorithm}:${hex.slice(0, 4)}`)

describe('a checksum file', () => {
  it.each([
    ['BSD', `SHA256 (x.qcow2) = ${one}\n`],
    ['GNU', `${one}  x.qcow2\n`],
    ['GNU, binary', `${one} *x.qcow2\n`],
    ['GNU, one blank', `${one} x.qcow2\n`],
    ['GNU, of a folder', `${one}  ./x.qcow2\n`],
    ['upper case and CRLF', `${one.toUpperCase()}  x.qcow2\r\n`],
    ['repeated lines', `SHA256 (x.qcow2) = ${one}\nSHA256 (x.qcow2) = ${one}\n`],
    ['comments and neighbours', `# x.qcow2: 5 bytes\n${two}  x.qcow2.sig\n${two}  ax.qcow2\n${one}  x.qcow2\n${two}  dir/x.qcow2\n`],
    ['a weak digest as well', `MD5 (x.qcow2) = ${'d'.repeat(32)}\nSHA256 (x.qcow2) = ${one}\n`],
    ['nothing but a digest', `${one}\n`],
  ])('is read: %s', (_name, text) => {
    expect(found(text)).toEqual(['sha256:aaaa'])
  })

  const other = 'e'.repeat(128)
  it.each([
    ['Gentoo', `# BLAKE2B HASH\n${other}  x.qcow2\n# SHA512 HASH\n${long}  x.qcow2\n`],
    ['Gentoo, the other way round', `# SHA512 HASH\n${long}  x.qcow2\n# BLAKE2B HASH\n${other}  x.qcow2\n`],
    ['Gentoo of old', `# MD5 HASH\n${'d'.repeat(32)}  x.qcow2\n# WHIRLPOOL HASH\n${other}  x.qcow2\n# SHA512 HASH\n${long}  x.qcow2\n`],
    ['a comment in between', `# SHA3-512 HASH\n# x.qcow2: 5 bytes\n${other}  x.qcow2\n# SHA512\n${long}  x.qcow2\n`],
    ['BSD', `BLAKE2b (x.qcow2) = ${other}\nSHA512 (x.qcow2) = ${long}\nSHA3-512 (x.qcow2) = ${other}\nMD5 (x.qcow2) = ${'d'.repeat(32)}\n`],
    ['BSD under a heading', `# BLAKE2B HASH\nSHA512 (x.qcow2) = ${long}\n`],
  ])('is read by the names of algorithms, not by the length of digests: %s', (_name, text) => {
    expect(found(text, 'x.qcow2', 'x.qcow2.DIGESTS')).toEqual(['sha512:cccc'])
  })

  it.each([
    ['x.qcow2.DIGESTS', `# BLAKE2B HASH\n${other}  x.qcow2\n`],
    ['x.qcow2.DIGESTS', `# SHA3-512 HASH\n${other}  x.qcow2\n`],
    ['CHECKSUM', `# SHA256 HASH\n${long}  x.qcow2\n`],
    ['B2SUMS', `${other}  x.qcow2\n`],
    ['SHA3-512SUMS', `${other}  x.qcow2\n`],
    ['x.qcow2.blake2b', `${other}\n`],
  ])('with nothing but algorithms that are not known here lists nothing: %s', (file, text) => {
    expect(() => found(text, 'x.qcow2', file)).toThrow(/does not list x.qcow2; it lists nothing/)
  })

  it.each(['SHA512SUMS', 'x.qcow2.sha512', 'sums.txt', 'sha3-notes.txt'])('goes by the length else: %s', (file) => {
    expect(found(`${long}  x.qcow2\n`, 'x.qcow2', file)).toEqual(['sha512:cccc'])
  })

  it.each([
    ['as sha256sum --tag writes it', `SHA256 (Fedora (1).qcow2) = ${one}\n`],
    ['with what looks like an end', `SHA256 (Fedora (1).qcow2) = ${two}) = ${one}\n`, `Fedora (1).qcow2) = ${two}`],
    ['as OpenSSL 3 writes it', `SHA2-256(Fedora (1).qcow2)= ${one}\n`],
    ['as OpenSSL 1 writes it', `SHA256(Fedora (1).qcow2)= ${one}\n`],
  ])('may have parentheses in a name: %s', (_name, text, image = 'Fedora (1).qcow2') => {
    expect(found(text, image)).toEqual(['sha256:aaaa'])
  })

  it.each(['SHA2-512', 'SHA512-256', 'SHA2-512/256', 'SHA3-256'])('gives no sha256 where it says %s', (algorithm) => {
    expect(() => found(`${algorithm}(x.qcow2)= ${one}\n`)).toThrow('does not list x.qcow2; it lists nothing')
  })

  it.each([')', ')=', ') ', ') = a', '(', `)=${'a'.repeat(64)}`, ' ', 'a', 'a '])(
    'of one endless line of %j is read in no time',
    (part) => {
      const lines = ['SHA256 (', 'SHA256 (x', `${one} `, `${one} x`].map(
        (start) => `${start}${part.repeat(1_000_000 / part.length)}\u2028.`,
      )
      const ms = processorMs(() => {
        for (const line of lines) expect(() => found(line)).toThrow('does not list x.qcow2')
      })
      expect(ms).toBeLessThan(2000)
    },
  )

  it('may give several algorithms', () => {
    expect(found(`${long}  x.qcow2\n${one}  x.qcow2\n`)).toEqual(['sha512:cccc', 'sha256:aaaa'])
  })

  it('may belong to one image and call it otherwise', () => {
    const text = `${one}  x-Build18.7.qcow2\n`
    expect(found(text, 'x.qcow2', 'x.qcow2.sha256')).toEqual(['sha256:aaaa'])
    expect(() => found(text, 'x.qcow2', 'SHA256SUMS')).toThrow('SHA256SUMS does not list x.qcow2; it lists x-Build18.7.qcow2')
  })

  it('is not about what its image was packed into, though it is called after it', () => {
    expect(() => found(`${one}  x.raw.xz\n`, 'x.raw', 'x.raw.sha256')).toThrow('x.raw.sha256 does not list x.raw; it lists x.raw.xz')
    expect(() => found(`${one}  x.raw\n`, 'x.raw.xz', 'x.raw.xz.sha256')).toThrow('does not list x.raw.xz; it lists x.raw')
    expect(() => found(`${one}  build/x.raw.xz\n`, 'x.raw', 'x.raw.sha256')).toThrow('does not list x.raw; it lists build/x.raw.xz')
    expect(() => found(`${one}  /srv/x.raw\n`, 'x.raw.xz', 'x.raw.xz.sha256')).toThrow('does not list x.raw.xz; it lists /srv/x.raw')
    expect(found(`${one}  build/x.raw\n`, 'x.raw', 'x.raw.sha256')).toEqual(['sha256:aaaa'])
  })

  it.each([
    ['the image is not in it', `${one}  y.qcow2\n`, 'does not list x.qcow2; it lists y.qcow2'],
    ['it is a web page', '<html></html>', 'does not list x.qcow2; it lists nothing'],
    ['it contradicts itself', `${one}  x.qcow2\n${two}  x.qcow2\n`, 'gives two different sha256 digests for x.qcow2'],
    ['it is weak', `${'d'.repeat(32)}  x.qcow2\n`, 'has only a weak digest'],
    ['its algorithm is not that of its length', `SHA512 (x.qcow2) = ${one}\n`, 'does not list x.qcow2'],
  ])('is an error of the image when %s', (_name, text, message) => {
    expect(() => found(text)).toThrow(message)
  })
})

describe('a local image', () => {
  const name = 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'
  const beside = (files: Readonly<Record<string, Buffer | string>>, image = 'disk.raw', content = disk): string => {
    const path = inFolder(image, content)
    for (const [file, text] of Object.entries(files)) inFolder(file, text, dirname(path))
    return path
  }
  const looking = (request: Partial<ImageRequest> = {}) => ({ limits: { besideMs: 5000 }, request })
  const sum = `${digest('sha256')}  disk.raw\n`

  it.each<readonly [string, Readonly<Record<string, string>>, string, string]>([
    ['called after it', { 'disk.raw.sha256': sum }, 'sha256 from disk.raw.sha256', 'disk.raw'],
    ['of its folder', { SHA256SUMS: `${one}  other.raw\n${sum}` }, 'sha256 from SHA256SUMS', 'disk.raw'],
    [
      'of its compose',
      { 'Any-Compose-CHECKSUM': `SHA256 (disk.raw) = ${digest('sha256')}\n` },
      'sha256 from Any-Compose-CHECKSUM',
      'disk.raw',
    ],
    ['with sha512', { 'disk.raw.sha512': `${digest('sha512')}  disk.raw\n` }, 'sha512 from disk.raw.sha512', 'disk.raw'],
    [
      'as Fedora calls it',
      { 'Fedora-Cloud-44-1.7-x86_64-CHECKSUM': `SHA256 (${name}) = ${digest('sha256')}\n` },
      'sha256 from Fedora-Cloud-44-1.7-x86_64-CHECKSUM',
      name,
    ],
  ])('is compared with a checksum file %s, whether or not that is asked', async (_name, files, by, image) => {
    for (const verify of ['checksum', 'auto'] as const) {
      const { facts } = await obtain(beside(files, image), looking({ verify }))
      expect(facts).toMatchObject({ verified: 'checksum', verifiedBy: `${by}, which lies beside the image` })
    }
  })

  it('is refused when that tells another digest: at once, packed, or after the boot that the hash goes on beside', async () => {
    const files = { 'disk.raw.sha256': `${one}  disk.raw\n` }
    const expected = { outcome: 'image-error', message: expect.stringContaining(`expected ${one} (from disk.raw`) as string }
    await expect(obtain(beside(files), looking())).rejects.toMatchObject(expected)
    const packed = { 'disk.raw.xz.sha256': `${one}\n` }
    await expect(obtain(beside(packed, 'disk.raw.xz', pack('xz', disk)), looking())).rejects.toMatchObject(expected)
    const { proof } = await obtain(beside(files), { limits: { besideMs: 5000, hashAtOnceBytes: 0 } })
    await expect(proof()).rejects.toMatchObject(expected)
    const both = beside({ ...files, SHA256SUMS: sum })
    await expect(obtain(both, looking())).rejects.toThrow(`is ${one} (from disk.raw.sha256), but ${digest('sha256')} (from SHA256SUMS)`)
  })

  it('is not refused for what is about other files, or no checksum file at all', async () => {
    const path = beside({
      'disk.raw.sha256': `${one}  disk.raw.xz\n`,
      SHA256SUMS: `${one}  build/disk.raw\n${two}  other.raw\n`,
      CHECKSUM: `${one}\n`,
      'disk.raw.CHECKSUM': Buffer.alloc(2_000_000),
      'Some-CHECKSUM': `${'d'.repeat(32)}  disk.raw\n`,
    })
    mkdirSync(join(path, '../SHA512SUMS'))
    execFileSync('mkfifo', [join(path, '../disk.raw.sha512')])
    symlinkSync('gone', join(path, '../disk.raw.SHA256'))
    expect((await obtain(path, looking())).facts).toMatchObject({
      verified: 'none',
      verifiedBy: 'nothing: no checksum was given, and there is none beside the image',
    })
    await expect(obtain(path, looking({ verify: 'checksum' }))).rejects.toMatchObject({
      outcome: 'config-error',
      message: `verify is checksum, but no checksum is given, and none lies beside ${path}`,
    })
  })

  it('needs no look at what lies beside it when its digest is given, or nothing is to be proven', async () => {
    const path = beside({ 'disk.raw.sha256': `${one}  disk.raw\n` })
    expect((await obtain(path, looking({ checksum: digest('sha256') }))).facts.verifiedBy).toBe('sha256 given with the job')
    expect((await obtain(path, looking({ verify: 'none' }))).facts.verifiedBy).toBe('nothing: verify is none')
  })

  it('has a checksum file that is named looked for in the working folder, then beside it', async () => {
    const path = beside({ 'my.sums': sum })
    const given = { cwd: folder(), request: { checksumFile: 'my.sums', verify: 'checksum' as const } }
    expect((await obtain(path, given)).facts).toMatchObject({ verified: 'checksum', verifiedBy: 'sha256 from my.sums' })
    inFolder('my.sums', `${one}  disk.raw\n`, given.cwd)
    await expect(obtain(path, given)).rejects.toThrow(`expected ${one} (from my.sums)`)
  })
})

describe('a checksum', () => {
  it.each([one, `sha256:${one}`, `SHA256:${one.toUpperCase()}`, `sha-256:${one}`, ` ${one} `])('is read: %s', (text) => {
    expect(parseChecksum(text)).toMatchObject({ algorithm: 'sha256', hex: one })
  })
  it.each([
    [`sha512:${one}`, 'is not a digest'],
    ['sha256:abc', 'is not a digest'],
    ['', 'is not a digest'],
    [`md5:${'d'.repeat(32)}`, 'too weak'],
    ['d'.repeat(40), 'too weak'],
  ])('is an error of the job: %j', (text, message) => {
    expect(() => parseChecksum(text)).toThrow(message)
  })
})

describe('an image', () => {
  it.each(['sha256', 'sha384', 'sha512'])('is verified with %s', async (algorithm) => {
    const { facts } = await obtain(inFolder('disk.raw', disk), { request: { checksum: `${algorithm}:${digest(algorithm)}` } })
    expect(facts).toMatchObject({ verified: 'checksum', verifiedBy: `${algorithm} given with the job`, sha256: digest('sha256') })
  })

  it('is refused when it is not what was published', async () => {
    const { disks } = obtaining(inFolder('disk.raw', disk), { request: { checksum: one } })
    await expect(disks).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(`^sha256 of .*disk.raw is ${digest('sha256')}, expected ${one} \\(given with the job\\)$`) as string,
    })
  })

  it('is checked before it is unpacked: the checksum is of the file as published', async () => {
    const packed = pack('xz', disk)
    const source = inFolder('disk.raw.xz', packed)
    expect((await obtain(source, { request: { checksum: digest('sha256', packed) } })).facts.sha256).toBe(digest('sha256'))
    await expect(obtain(source, { request: { checksum: digest('sha256') } })).rejects.toThrow(`expected ${digest('sha256')}`)
  })

  it('is verified by a file that is named: a path, a URL, or a name beside the image', async () => {
    await using server = await secure()
    server.put('/images/SHA256SUMS', `${digest('sha256')} *disk.raw\n`)
    const url = server.put('/images/disk.raw', disk)
    const given = (checksumFile: string) => ({ request: { checksumFile, verify: 'checksum' as const } })
    const verified = { verified: 'checksum', verifiedBy: 'sha256 from SHA256SUMS' }
    expect((await obtain(url, given('SHA256SUMS'))).facts).toMatchObject(verified)
    expect((await obtain(url, given(`${server.origin}/images/SHA256SUMS`))).facts).toMatchObject(verified)
    const path = inFolder('disk.raw', disk)
    writeFileSync(join(path, '../SHA256SUMS'), `${digest('sha256')}  disk.raw\n`)
    expect((await obtain(path, { ...given('SHA256SUMS'), cwd: join(path, '..') })).facts).toMatchObject(verified)
    expect((await obtain(url, { ...given('SHA256SUMS'), cwd: join(path, '..') })).facts).toMatchObject(verified)
    expect((await obtain(path, given(pathToFileURL(join(path, '../SHA256SUMS')).href))).facts).toMatchObject(verified)
    server.put('/images/SHA256SUMS', `${one} *disk.raw\n`)
    await expect(obtain(url, given('SHA256SUMS'))).rejects.toThrow(`expected ${one} (from SHA256SUMS)`)
  })

  it('is verified by a file that nobody named, but that lies beside it', async () => {
    await using server = await secure()
    const url = server.put('/images/disk.raw', disk)
    server.put('/images/CHECKSUM', `SHA256 (disk.raw) = ${digest('sha256')}\n`)
    const looking = { limits: { besideMs: 5000 } }
    expect((await obtain(url, looking)).facts).toMatchObject({ verified: 'checksum', verifiedBy: 'sha256 from CHECKSUM' })
    server.put('/images/CHECKSUM', `SHA256 (disk.raw) = ${one}\n`)
    await expect(obtain(url, looking)).rejects.toThrow(`expected ${one} (from CHECKSUM)`)
    expect((await obtain(url, { ...looking, request: { checksum: digest('sha256') } })).facts.verifiedBy).toBe('sha256 given with the job')
    expect((await obtain(url, { ...looking, request: { verify: 'none' } })).facts.verifiedBy).toBe('nothing: verify is none')
  })

  it('is refused before it is fetched when two files beside it contradict each other', async () => {
    await using server = await secure()
    await using mirror = await startServer()
    const url = server.put('/images/disk.raw', disk)
    server.put('/images/SHA256SUMS', `${digest('sha256')}  disk.raw\n`)
    server.put('/images/disk.raw.sha256', `${one}  disk-Build18.raw\n`)
    const looking = { limits: { besideMs: 5000 } }
    await expect(obtain(url, looking)).rejects.toMatchObject({
      outcome: 'image-error',
      message: `sha256 of ${url} is ${one} (from disk.raw.sha256), but ${digest('sha256')} (from SHA256SUMS)`,
    })
    expect(server.asked.map(({ path }) => path)).not.toContain('/images/disk.raw')
    // What a mirror sends contradicts nobody.
    const to = mirror.put('/disk.raw.sha256', `${one}\n`)
    server.put('/images/disk.raw.sha256', { content: '', always: { kind: 'redirect', to } })
    expect((await obtain(url, looking)).facts).toMatchObject({ verified: 'checksum', verifiedBy: 'sha256 from SHA256SUMS' })
  })

  it('is found among what says nothing of it, also where something must be found', async () => {
    await using server = await secure()
    const url = server.put('/images/disk.raw', disk)
    server.put('/images/CHECKSUM', `${one}\n`)
    server.put('/images/disk.raw.CHECKSUM', { content: '', always: { kind: 'redirect', to: '/images/disk.raw.CHECKSUM' } })
    server.put('/images/disk.raw.SHA256SUM', Buffer.alloc(2_000_000))
    server.put('/images/SHA256SUMS', `${one}  other.raw\n`)
    server.put('/images/SHA512SUMS', `${digest('sha512')}  disk.raw\n`)
    const request = { verify: 'checksum' as const }
    const { facts } = await obtain(url, { limits: { besideMs: 5000 }, request })
    expect(facts).toMatchObject({ verified: 'checksum', verifiedBy: 'sha512 from SHA512SUMS' })
    server.put('/images/SHA512SUMS', { content: '', always: { kind: 'status', status: 503 } })
    await expect(obtain(url, { limits: { besideMs: 5000, failuresInARow: 2 }, request })).rejects.toMatchObject({ outcome: 'infra-error' })
  })

  it('does not wait for a file that nobody named', async () => {
    await using server = await startServer()
    const url = server.put('/disk.raw', disk)
    server.put('/SHA256SUMS', { content: 'x'.repeat(100), always: { kind: 'stall', afterBytes: 10 } })
    server.put('/SHA512SUMS', { content: '', always: { kind: 'status', status: 503 } })
    server.put('/CHECKSUM', Buffer.alloc(2_000_000))
    server.put('/disk.raw.sha256', '<html>')
    server.put('/disk.raw.CHECKSUM', { content: '', always: { kind: 'redirect', to: 'ftp://x/y' } })
    const { facts } = await obtain(url, { limits: { besideMs: 500, stallMs: 3_600_000 } })
    expect(facts).toMatchObject({ verified: 'none', verifiedBy: 'nothing: no checksum was given, and there is none beside the image' })
    expect(server.asked.filter(({ path }) => path === '/SHA512SUMS')).toHaveLength(1)
  })

  it('is refused when its checksum file cannot be had', async () => {
    await using server = await startServer()
    const url = server.put('/disk.raw', disk)
    const given = (checksumFile: string) => ({ request: { checksumFile } })
    await expect(obtain(url, given('CHECKSUM'))).rejects.toMatchObject({
      outcome: 'image-error',
      message: `${server.origin}/CHECKSUM was not found (HTTP 404)`,
    })
    await expect(obtain(inFolder('disk.raw', disk), given('CHECKSUM'))).rejects.toThrow('there is no checksum file CHECKSUM')
    await expect(obtain(url, given('/proc/self/mem'))).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'mem cannot be read (EIO)', // as root can read what any other user may not
    })
    await expect(obtain(url, given('file:///q/%zz'))).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'file:///q/%zz names no file on this machine',
    })
    server.put('/HUGE', Buffer.alloc(2_000_000))
    await expect(obtain(url, given('HUGE'))).rejects.toThrow('too large for a checksum file')
    await expect(obtain(url, given('http://['))).rejects.toThrow('there is no checksum file http://[')
    await expect(obtain(url, given('ftp://x/y'))).rejects.toMatchObject({ outcome: 'config-error' })
  })

  it('obeys verify', async () => {
    const source = inFolder('disk.raw', disk)
    await expect(obtain(source, { request: { verify: 'checksum' } })).rejects.toMatchObject({ outcome: 'config-error' })
    await expect(obtain(source, { request: { verify: 'signature' } })).rejects.toMatchObject({ outcome: 'config-error' })
    const { disks, warnings } = obtaining(source, { request: { verify: 'none', checksum: one } })
    expect((await disks).facts).toMatchObject({ verified: 'none', verifiedBy: 'nothing: verify is none' })
    expect(warnings).toHaveLength(1)
  })
})
