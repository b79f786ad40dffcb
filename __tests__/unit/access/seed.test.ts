import { describe, expect, it } from 'vitest'
import { leastProcessorMs } from '../../support/processor-time'
import { noCloudSeed, userDataKind, type SeedRequest } from '../../../src/access/nocloud'
import { isoImage } from '../../../src/machines/qemu/iso9660'

const request: SeedRequest = {
  instanceId: 'image-test-1',
  hostname: 'image-test',
  authorizedKeys: ['ssh-ed25519 AAAA image-test', 'ecdsa-sha2-nistp256 AAAA image-test'],
  hostKeys: {
    ed25519: { private: '-----BEGIN-----\nabc\n-----END-----\n', public: 'ssh-ed25519 BBBB image-test' },
    ecdsa: { private: '-----BEGIN-----\ndef\n-----END-----\n', public: 'ecdsa-sha2-nistp256 BBBB image-test' },
  },
}
const texts = (seed: SeedRequest) =>
  Object.fromEntries(noCloudSeed(seed).map(({ path, content }) => [path, Buffer.from(content).toString()]))

describe('the NoCloud seed', () => {
  it('holds no more than what lets us in and proves who answers', () => {
    expect(texts(request)).toMatchInlineSnapshot(`
      {
        "meta-data": "instance-id: image-test-1
      local-hostname: image-test
      ",
        "user-data": "#cloud-config
      ssh_authorized_keys:
        - ssh-ed25519 AAAA image-test
        - ecdsa-sha2-nistp256 AAAA image-test
      ssh_keys:
        ed25519_private: |
          -----BEGIN-----
          abc
          -----END-----
        ed25519_public: ssh-ed25519 BBBB image-test
        ecdsa_private: |
          -----BEGIN-----
          def
          -----END-----
        ecdsa_public: ecdsa-sha2-nistp256 BBBB image-test
      ",
      }
    `)
  })

  it('turns password login on only when a password is given', () => {
    expect(texts(request)['user-data']).not.toContain('pwauth')
    expect(texts({ ...request, password: 'p"w' })['user-data']).toContain('password: "p\\"w"\nchpasswd: {expire: false}\nssh_pwauth: true')
  })

  // PyYAML, with which cloud-init reads it, refuses a whole text for one of these characters, and takes the others for line ends.
  it('gives a password of any characters as one that cloud-init can read', () => {
    const password = 'a"\\\u007f\u0085\u009f\ufeff\ufffe\u2028é😀\ud800'
    const written = texts({ ...request, password })['user-data'] ?? ''
    expect(written).toContain(String.raw`password: "a\"\\\u007f\u0085\u009f\ufeff\ufffe\u2028é😀\ud800"`)
  })

  it("joins the user's own user-data instead of replacing it", () => {
    const userData = texts({ ...request, userData: '#!/bin/sh\necho mine' })['user-data'] ?? ''
    expect(userData).toContain('Content-Type: text/x-shellscript')
    expect(userData).toContain('echo mine')
    expect(userData).toContain('Merge-Type: list(append)')
    expect(userData).toContain('ssh-ed25519 AAAA')
  })

  it.each([
    ['#cloud-config\na: 1', 'text/cloud-config'],
    ['#cloud-config-archive\n', 'text/cloud-config-archive'],
    ['## template: jinja\n#cloud-config', 'text/jinja2'],
    ['#include\nhttp://x', 'text/x-include-url'],
    ['#!/bin/sh', 'text/x-shellscript'],
    ['Content-Type: multipart/mixed; boundary="x"', 'multipart/mixed'],
    ['just text', undefined],
  ])('knows the kind of %j', (text, kind) => {
    expect(userDataKind(text)).toBe(kind)
  })
})

// The Rock Ridge entry 'NM': signature, length, version 1, flags 0, then the name.
const nameOf = (record: Buffer): string | undefined => {
  const at = record.indexOf('NM', 33, 'latin1')
  return at === -1 ? undefined : record.toString('latin1', at + 5, at + (record[at + 2] ?? 0))
}

describe('the seed image', () => {
  const files = [
    { name: 'user-data', content: Buffer.from('u'.repeat(5000)) },
    { name: 'meta-data', content: Buffer.from('m') },
  ]

  it('is written in memory in under 10 ms of processor time', () => {
    expect(leastProcessorMs(10, 5, () => isoImage('cidata', files))).toBeLessThan(10)
  })

  it('is an ISO 9660 volume labelled cidata whose records lead to the bytes', () => {
    const image = Buffer.from(isoImage('cidata', files))
    const descriptor = image.subarray(16 * 2048, 17 * 2048)
    expect(descriptor.toString('latin1', 1, 6)).toBe('CD001')
    expect(descriptor.toString('latin1', 40, 72).trimEnd()).toBe('cidata')
    expect(descriptor.readUInt32LE(80) * 2048).toBe(image.length)
    const folder = image.subarray(descriptor.readUInt32LE(156 + 2) * 2048).subarray(0, 2048)
    const found = new Map<string, string>()
    for (let at = 0; folder[at]; at += folder[at] ?? 0) {
      const record = folder.subarray(at, at + (folder[at] ?? 0))
      const name = record.toString('latin1', 33, 33 + (record[32] ?? 0))
      const rockRidge = nameOf(record)
      const from = record.readUInt32LE(2) * 2048
      if (rockRidge) found.set(`${name} ${rockRidge}`, image.toString('latin1', from, from + record.readUInt32LE(10)))
    }
    expect([...found]).toEqual([
      ['META-DATA;1 meta-data', 'm'],
      ['USER-DATA;1 user-data', 'u'.repeat(5000)],
    ])
  })
})
