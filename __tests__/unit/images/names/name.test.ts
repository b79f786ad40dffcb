import { describe, expect, it } from 'vitest'
import { parseName } from '../../../../src/images/names/name'
import { publishers } from './harness'

const { identify, published } = publishers()

const source = { name: 'fedora', takes: ['variant', 'format', 'arch', 'version'] as const }
const parse = (text: string) => parseName(text, [source, { name: 'compose', takes: ['variant'] as const }])?.name

describe('a name', () => {
  it('is a source, a release and a query', () => {
    expect(parse('fedora:44')).toEqual({ source: 'fedora', release: '44', query: {}, shown: 'fedora:44' })
    expect(parse('Fedora:44?')).toMatchObject({ source: 'fedora', release: '44', query: {} })
    expect(parse('fedora:44?format=raw&arch=amd64&version=%3E%3D41')).toMatchObject({
      query: { format: 'raw', arch: 'x86_64', version: '>=41' },
    })
    // As Vagrant's conditions are written.
    expect(parse('fedora:44?version=>=41,<43')?.query.version).toBe('>=41,<43')
    expect(parse('compose:https://me:pw@host/compose?variant=Cloud')).toMatchObject({
      release: 'https://me:pw@host/compose',
      shown: 'compose:https://host/compose?variant=Cloud',
    })
  })

  it.each(['fedora', 'fedora/44', './fedora:44', 'ubuntu:44', 'https://host/fedora:44', 'fedora://44', 'C:\\disk.raw'])(
    'is not %s',
    (text) => {
      expect(parse(text)).toBeUndefined()
    },
  )

  it.each([
    ['fedora:44?varian=x', 'fedora:44: there is no `varian` to choose by; did you mean `variant`?'],
    ['fedora:44?provider=libvirt', 'fedora:44: there is no `provider` to choose by'],
    ['fedora:44?arch=riscv64', 'fedora:44: there are no machines for `riscv64`; arch is x86_64 or aarch64'],
    ['fedora:44?format=raw&format=qcow2', 'fedora:44: `format` is given twice'],
    ['fedora:44?format=', 'fedora:44: `format` has no value'],
    ['fedora:44?format=%', 'fedora:44: `format` has no value'],
    ['fedora:?format=raw', 'fedora: does not say which: fedora:RELEASE'],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        outcome: 'config-error',
        message: expect.stringContaining(message) as string,
        hint: 'A name of this kind is written fedora:RELEASE?variant=…&format=…&arch=…&version=…; all after the question mark may be left out, and there is nothing but variant, format, arch or version.',
      }) as Error,
    )
  })

  it('does not repeat a query that is none of its own', () => {
    expect(() => parse('compose:https://host/x?token=hunter2')).toThrow(/^compose:https:\/\/host\/x: there is no `token` to choose by$/)
  })

  it.each([
    ['fedroa:44', "fedroa:44 is no image's name that is known; did you mean `fedora`?"],
    ['gentoo:latest?key=hunter2', "gentoo:latest is no image's name that is known"],
  ])('of an unknown source is an error: %s', async (text, message) => {
    await expect(identify(text)).rejects.toMatchObject({
      outcome: 'config-error',
      message,
      hint: expect.stringMatching(/^Names begin with fedora:, fedora-coreos:, centos-stream:/) as string,
    })
  })

  it.each([
    ['fedora:44?format=vmdk', 'images in the format `vmdk` cannot be tested'],
    ['fedora:44?format=raw&provider=libvirt', 'format `raw` is no box for the provider `libvirt`'],
    ['fedora:44?provider=hyperv', 'images in the format `vagrant-hyperv` cannot be tested'],
    ['compose:nightly', 'compose:nightly is no compose that is known'],
  ])('%s asks for what cannot be', async (text, message) => {
    await expect(identify(text)).rejects.toMatchObject({ outcome: 'config-error', message: expect.stringContaining(message) as string })
  })

  it('needs addresses that are some', async () => {
    const env = { ...published().env, IMAGE_TEST_DEBIAN: 'debian.example' }
    await expect(identify('debian:13', {}, { env })).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'the environment variable IMAGE_TEST_DEBIAN is no address that begins with https:// or http://',
      hint: 'Leave it unset to use https://cloud.debian.org/images/cloud.',
    })
  })
})
