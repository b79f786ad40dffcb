import https from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../../../../src/images/limits'
import type { Architecture } from '../../../../../../src/lib/architecture'
import { resolveName } from '../../../../../../src/images/names'
import type { Resolved } from '../../../../../../src/images/resolved'
import { systemClock } from '../../../../../../src/lib/clock'
import { certificate } from '../../../../../support/certificate'
import { startServer, type TestServer } from '../../../../../support/server'

afterEach(() => {
  delete https.globalAgent.options.ca
})

const hex = 'ab'.repeat(32)
const offer = (name: string, given: object = {}): object => ({ name, url: `https://boxes.example/${name}.box`, ...given })
const catalog = (...versions: readonly (readonly [string, ...object[]])[]): string =>
  JSON.stringify({
    name: 'fedora/41-cloud-base',
    versions: versions.map(([version, ...providers]) => ({ version, status: 'active', providers })),
  })

interface Asking {
  readonly arch?: Architecture
  readonly server?: TestServer
  readonly path?: string
}

const asking = async (name: string, answer: string, { arch, server, path = '/api/v2/vagrant/fedora/41-cloud-base' }: Asking = {}) => {
  const warnings: string[] = []
  await using used = server ?? (await startServer())
  used.put(path, answer)
  const resolved = await resolveName(name.replace('ORIGIN', used.origin), {
    arch,
    env: { IMAGE_TEST_VAGRANT: used.origin },
    keys: [],
    warn: (text) => warnings.push(text),
    network: {
      signal: new AbortController().signal,
      deadlineMs: systemClock.now() + 10_000,
      clock: systemClock,
      limits: { ...defaultLimits, firstRetryMs: 5, failuresInARow: 2 },
      onProgress: () => undefined,
    },
  })
  if (resolved === undefined) throw new Error('no name')
  return { resolved, warnings }
}

const ask = async (name: string, answer: string, given?: Asking): Promise<Resolved> => (await asking(name, answer, given)).resolved
const chosen = async (name: string, answer: string, given?: Asking): Promise<string> => {
  const { version, format, source } = await ask(name, answer, given)
  return `${version ?? ''} ${format ?? ''} ${source.shown}`
}

const fedora = 'vagrant:fedora/41-cloud-base'
// As the registry answers for Fedora: the hyphen makes the newest a prerelease of 41.
const today = catalog(
  ['40.20240414.0', offer('libvirt', { architecture: 'amd64', default_architecture: true })],
  [
    '41-20241024.0',
    offer('libvirt', { architecture: 'arm64', default_architecture: false, url: 'https://boxes.example/arm64.box' }),
    offer('libvirt', { architecture: 'amd64', default_architecture: true, checksum_type: 'sha256', checksum: hex }),
    offer('virtualbox', { architecture: 'amd64', default_architecture: true }),
  ],
)

describe('the version', () => {
  it('is the newest when nothing else is asked, a prerelease too', async () => {
    expect(await chosen(fedora, today)).toBe('41-20241024.0 vagrant-libvirt https://boxes.example/libvirt.box')
  })

  it.each([
    ['=40.20240414.0', '40.20240414.0'],
    ['40.20240414.0', '40.20240414.0'],
    ['<41.a', '40.20240414.0'],
    ['>=41.a', '41-20241024.0'],
    ['~>40.2', '40.20240414.0'],
  ])('meets %s', async (constraint, version) => {
    expect((await ask(`${fedora}?version=${constraint}&provider=libvirt`, today)).version).toBe(version)
  })

  it('says what there is when none does, since >=41 does not take 41-20241024.0', async () => {
    await expect(ask(`${fedora}?version=>=41`, today)).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(/no such version on amd64; there is: 41-20241024\.0 for .*40\.20240414\.0 for libvirt/) as string,
    })
  })

  it('must be a requirement', async () => {
    await expect(ask(`${fedora}?version=newest`, today)).rejects.toMatchObject({
      outcome: 'config-error',
      message: `${fedora}?version=newest: "newest" is no requirement of a version`,
    })
  })
})

describe('the pinned name', () => {
  const pinnedOf = async (name: string, answer = today): Promise<string> => (await ask(name, answer)).pinned ?? ''
  const newer = catalog(
    ['41-20241024.0', offer('virtualbox'), offer('qemu')],
    ['41.20241024.0', offer('libvirt'), offer('virtualbox'), offer('qemu')],
    ['41', offer('libvirt'), offer('virtualbox'), offer('qemu')],
  )

  it.each([
    ['a prerelease', fedora, ['41-20241024.0', offer('virtualbox')], '41-20241024.0', 'virtualbox'],
    ['a version that is newer than others', `${fedora}?version=>40`, ['41', offer('qemu')], '41', 'qemu'],
    ['a version of which an architecture is asked', `${fedora}?arch=x86_64`, ['41.20241024.0', offer('qemu')], '41.20241024.0', 'qemu'],
  ] as const)('means exactly %s, whatever is published later', async (_name, name, entry, version, provider) => {
    const pinned = await pinnedOf(name, catalog([...entry]))
    expect(pinned).toBe(`${fedora}?version=${version}&provider=${provider}${name.includes('arch') ? '&arch=x86_64' : ''}`)
    expect(await ask(pinned, newer)).toMatchObject({ version, format: `vagrant-${provider}`, pinned })
  })

  it('holds no login of the address of a catalog', async () => {
    await using server = await startServer()
    server.put('/box.json', catalog(['1.0', offer('libvirt')]))
    for (const login of ['me:hunter2@', 'hunter2@']) {
      const address = `${server.origin.replace('://', `://${login}`)}/box.json`
      expect(await pinnedOf(`vagrant:${address}`)).toBe(`vagrant:${server.origin}/box.json?version=1.0&provider=libvirt`)
    }
  })
})

describe('the provider', () => {
  it('is the one that is asked for', async () => {
    expect(await chosen(`${fedora}?provider=virtualbox`, today)).toBe(
      '41-20241024.0 vagrant-virtualbox https://boxes.example/virtualbox.box',
    )
  })

  it('may be missing in newer versions', async () => {
    const answer = catalog(['1.0', offer('virtualbox')], ['2.0', offer('hyperv')], ['1.5', offer('libvirt')])
    expect(await chosen(fedora, answer)).toContain('1.5 vagrant-libvirt')
    expect(await chosen(`${fedora}?provider=virtualbox`, answer)).toContain('1.0 vagrant-virtualbox')
  })

  it('must be one that can be tested', async () => {
    await expect(ask(`${fedora}?provider=hyperv`, today)).rejects.toMatchObject({ outcome: 'config-error' })
  })
})

describe('the architecture', () => {
  const one = (given: object): string => catalog(['1.0', offer('libvirt', given)])

  it.each([
    ['x86_64', 'https://boxes.example/libvirt.box'],
    ['aarch64', 'https://boxes.example/arm64.box'],
  ] as const)('of the job is %s', async (arch, url) => {
    expect((await ask(fedora, today, { arch })).source.shown).toBe(url)
    expect((await ask(`${fedora}?arch=${arch}`, today)).source.shown).toBe(url)
  })

  it('may be unknown where that is the default, unless the name asks for one', async () => {
    const unknown = one({ architecture: 'unknown', default_architecture: true })
    expect((await ask(fedora, unknown)).version).toBe('1.0')
    await expect(ask(`${fedora}?arch=x86_64`, unknown)).rejects.toThrow('no such version on amd64')
    await expect(ask(fedora, one({ architecture: 'unknown', default_architecture: false }))).rejects.toThrow('no such version')
    await expect(ask(fedora, one({ architecture: 'other', default_architecture: true }))).rejects.toThrow('no such version')
  })

  it.each([
    ['x86_64', 'x86_64'],
    ['AMD64', 'x86_64'],
    ['aarch64', 'aarch64'],
  ] as const)('may be called %s', async (architecture, arch) => {
    const others = [offer('libvirt', { architecture: 'i386' }), offer('libvirt', { architecture: 'riscv64' })]
    const answer = catalog(['1.0', ...others, offer('libvirt', { architecture, url: 'https://boxes.example/right.box' })])
    expect((await ask(`${fedora}?arch=${arch}`, answer)).source.shown).toBe('https://boxes.example/right.box')
    await expect(ask(fedora, answer, { arch: arch === 'x86_64' ? 'aarch64' : 'x86_64' })).rejects.toThrow('no such version')
  })

  // As Vagrant: the only box for a provider is taken where the catalog does not know of default architectures at all.
  it.each([{}, { architecture: 'unknown' }, { architecture: 'x86_64' }, { architecture: null }])(
    'is not told by old catalogs, with one box for each provider: %j',
    async (given) => {
      for (const arch of ['x86_64', 'aarch64'] as const) {
        expect((await ask(fedora, one(given), { arch })).version).toBe('1.0')
        expect((await ask(`${fedora}?arch=${arch}`, one(given))).version).toBe('1.0')
      }
      const several = catalog(['1.0', offer('libvirt', given), offer('libvirt', given)])
      await expect(ask(fedora, several, { arch: 'aarch64' })).rejects.toThrow('no such version')
      for (const default_architecture of [false, null])
        await expect(ask(fedora, one({ ...given, default_architecture }), { arch: 'aarch64' })).rejects.toThrow('no such version')
    },
  )

  it('of the machine comes before what is unknown', async () => {
    const unknown = offer('libvirt', { architecture: 'unknown', default_architecture: true })
    const exact = offer('libvirt', { architecture: 'amd64', default_architecture: false, url: 'https://boxes.example/exact.box' })
    expect((await ask(fedora, catalog(['1.0', unknown, exact]))).source.shown).toBe('https://boxes.example/exact.box')
  })

  it('is never another', async () => {
    await expect(ask(fedora, one({ architecture: 'arm64', default_architecture: true }))).rejects.toThrow(
      'there is: 1.0 for libvirt (arm64)',
    )
  })
})

describe('the checksum', () => {
  const one = (given: object): string => catalog(['1.0', offer('libvirt', given)])

  it('counts when the catalog comes over https from where it was asked for', async () => {
    const tls = certificate()
    https.globalAgent.options.ca = tls.cert
    const given = await ask(fedora, today, { server: await startServer({ tls }) })
    expect(given.digests).toEqual([{ algorithm: 'sha256', hex, from: 'of the catalog of the box', trusted: true }])
    expect(given).toMatchObject({ loginUser: 'vagrant', provisioning: 'vagrant', arch: 'x86_64' })
  })

  it('is compared, but proves nothing, when it comes over http', async () => {
    expect((await ask(fedora, today)).digests).toMatchObject([{ hex, trusted: false }])
  })

  it.each([
    ['missing', {}],
    ['none', { checksum: '', checksum_type: 'none' }],
    ['null', { checksum: null, checksum_type: null }],
  ])('may be %s', async (_name, given) => {
    const { resolved, warnings } = await asking(fedora, one(given))
    expect(resolved.digests).toEqual([])
    expect(warnings).toEqual([])
  })

  it.each([
    ['md5', 'a'.repeat(32)],
    ['sha1', 'a'.repeat(40)],
    ['sha256', 'not a digest'],
    ['sha256', 'a'.repeat(128)],
  ])('of %s (%s) is passed over, with a warning', async (type, checksum) => {
    const { resolved, warnings } = await asking(fedora, one({ checksum, checksum_type: type }))
    expect(resolved.digests).toEqual([])
    expect(warnings).toEqual([`the catalog has a checksum of the type ${type} for this box, which proves nothing and is not looked at`])
  })
})

describe('the catalog', () => {
  it('is asked for at the second place where the first has a page for people', async () => {
    const server = await startServer()
    server.put('/fedora/41-cloud-base', today)
    expect((await ask(fedora, '<html>', { server })).version).toBe('41-20241024.0')
  })

  it('may be given by its address, and name boxes beside it', async () => {
    const answer = catalog(['1.0', offer('libvirt', { url: 'boxes/one.box' })])
    expect((await ask('vagrant:ORIGIN/some/box.json', answer, { path: '/some/box.json' })).source.shown).toMatch(/\/some\/boxes\/one\.box$/)
  })

  it.each(['file:///etc/passwd', 'ftp://boxes.example/one.box'])('may not name %s', async (url) => {
    await expect(ask(fedora, catalog(['1.0', offer('libvirt', { url })]))).rejects.toMatchObject({
      outcome: 'image-error',
      message: `the catalog of the box gives "${url}" as its address`,
    })
  })

  it('that does not exist is an error of the image', async () => {
    await expect(ask('vagrant:fedora/none', today)).rejects.toMatchObject({
      outcome: 'image-error',
      message: 'vagrant:fedora/none: there is no such box',
    })
    await expect(ask('vagrant:fedora', today)).rejects.toMatchObject({ outcome: 'config-error' })
  })

  it.each(['{}', '[]', '{"versions": {}}', 'null'])('that is %s is none', async (answer) => {
    await expect(ask('vagrant:ORIGIN/box.json', answer, { path: '/box.json' })).rejects.toThrow('is no catalog of a box')
  })

  it('with a version that Ruby would not read is read without it', async () => {
    expect((await ask(fedora, catalog(['v9', offer('libvirt')], ['1.0', offer('libvirt')]))).version).toBe('1.0')
  })
})
