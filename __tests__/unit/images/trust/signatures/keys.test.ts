import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readKeys } from '../../../../../src/images/trust/signatures/armor'
import { fingerprintsOf, pinnedKeys } from '../../../../../src/images/trust/signatures/keys'
import { inFolder } from '../../../../support/make'

// What gpg says of a key: fingerprints of the primary keys in it, and its user ids.
const shown = (key: string | Buffer) => {
  const home = mkdtempSync(join(tmpdir(), 'gpg-'))
  try {
    const args = ['--homedir', home, '--batch', '--with-colons', '--show-keys', inFolder('key', key)]
    const text = execFileSync('gpg', args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
    return {
      fingerprints: [...text.matchAll(/^pub:.*\n(?:rvk.*\n)*fpr:+([0-9A-F]+):/gm)].map(([, fingerprint]) => fingerprint),
      users: [...text.matchAll(/^uid:(?:[^:]*:){8}([^:]*):/gm)].map(([, user]) => user),
    }
  } finally {
    rmSync(home, { recursive: true })
  }
}

describe('the pinned keys', () => {
  it.each(pinnedKeys.map((key) => [key.owner, key] as const))(
    '%s has the fingerprint beside it, also as gpgv is given it',
    (_owner, key) => {
      expect(shown(key.armored).fingerprints).toEqual([key.fingerprint])
      expect(shown(readKeys(Buffer.from(key.armored)) ?? '').fingerprints).toEqual([key.fingerprint])
    },
  )

  it('are whose they are said to be', () => {
    expect(pinnedKeys.map(({ owner, armored }) => `${owner}: ${shown(armored).users.join(', ')}`)).toMatchInlineSnapshot(`
      [
        "Fedora 39: Fedora (39) <fedora-39-primary@fedoraproject.org>",
        "Fedora 40: Fedora (40) <fedora-40-primary@fedoraproject.org>",
        "Fedora 41: Fedora (41) <fedora-41-primary@fedoraproject.org>",
        "Fedora 42: Fedora (42) <fedora-42-primary@fedoraproject.org>",
        "Fedora 43: Fedora (43) <fedora-43-primary@fedoraproject.org>",
        "Fedora 44: Fedora (44) <fedora-44-primary@fedoraproject.org>",
        "Fedora 45: Fedora (45) <fedora-45-primary@fedoraproject.org>",
        "Fedora 46: Fedora (46) <fedora-46-primary@fedoraproject.org>",
        "Fedora 47: Fedora (47) <fedora-47-primary@fedoraproject.org>",
        "AlmaLinux 8: AlmaLinux OS 8 <packager@almalinux.org>",
        "AlmaLinux 9: AlmaLinux OS 9 <packager@almalinux.org>",
        "AlmaLinux 10: AlmaLinux OS 10 <packager@almalinux.org>",
        "openSUSE: openSUSE Project Signing Key <opensuse@opensuse.org>",
        "Ubuntu cloud images: UEC Image Automatic Signing Key <cdimage@ubuntu.com>",
      ]
    `)
  })

  it('are those that the projects publish', () => {
    expect(fingerprintsOf('fedora', '44')).toEqual(['36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6'])
    expect(fingerprintsOf('fedora', '45')).toEqual(['4F50A6114CD5C6976A7F1179655A4B02F577861E'])
    expect(fingerprintsOf('ubuntu', '24.04')).toEqual(['D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81'])
    expect(fingerprintsOf('opensuse', '16.0')).toEqual(['AD485664E901B867051AB15F35A2F86E29B700A4'])
    expect(fingerprintsOf('fedora')).toHaveLength(9)
    expect(fingerprintsOf('fedora', '99')).toEqual([])
    expect(fingerprintsOf('debian')).toEqual([])
  })
})

it('docs/images.md names every pinned key', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../../docs/images.md'), 'utf8')
  const releases = pinnedKeys.flatMap(({ distribution, release }) => (distribution === 'fedora' ? [Number(release)] : []))
  expect(text).toContain(`Fedora ${Math.min(...releases)} to ${Math.max(...releases)}`)
  for (const { distribution, fingerprint } of pinnedKeys) if (distribution !== 'fedora') expect(text).toContain(fingerprint.slice(0, 8))
})

describe('a key', () => {
  const [{ armored, fingerprint } = { armored: '', fingerprint: '' }, { armored: other } = { armored: '' }] = pinnedKeys
  it.each([
    ['text around it', `Our key:\n${armored}\nThat was it.\n`],
    ['CRLF', armored.replaceAll('\n', '\r\n')],
    ['headers', armored.replace('\n\n', '\nVersion: GnuPG v2\nComment: x\n\n')],
    ['no checksum', armored.replace(/^=.*$/m, '')],
    ['no armor', readKeys(Buffer.from(armored)) ?? ''],
  ])('is read with %s', (_name, text) => {
    expect(shown(readKeys(Buffer.from(text)) ?? '').fingerprints).toEqual([fingerprint])
  })

  it('may be several', () => {
    expect(shown(readKeys(Buffer.from(`${armored}\n${other}\n`)) ?? '').fingerprints).toHaveLength(2)
  })

  it.each([
    ['nothing', ''],
    ['a web page', '<html>'],
    ['something secret', armored.replaceAll('PUBLIC', 'PRIVATE')],
  ])('is not %s', (_name, text) => {
    expect(readKeys(Buffer.from(text))).toBeUndefined()
  })
})
