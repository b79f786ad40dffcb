import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { readPrivateKey } from '../../../src/lib/private-key'

const pem = { publicKeyEncoding: { format: 'pem', type: 'spki' } } as const
const made: readonly (readonly [string, () => string])[] = [
  [
    'RSA in PKCS #1',
    () => generateKeyPairSync('rsa', { modulusLength: 2048, ...pem, privateKeyEncoding: { format: 'pem', type: 'pkcs1' } }).privateKey,
  ],
  [
    'RSA in PKCS #8',
    () => generateKeyPairSync('rsa', { modulusLength: 2048, ...pem, privateKeyEncoding: { format: 'pem', type: 'pkcs8' } }).privateKey,
  ],
  [
    'ECDSA in PKCS #8',
    () => generateKeyPairSync('ec', { namedCurve: 'P-256', ...pem, privateKeyEncoding: { format: 'pem', type: 'pkcs8' } }).privateKey,
  ],
  ['Ed25519 in PKCS #8', () => generateKeyPairSync('ed25519', { ...pem, privateKeyEncoding: { format: 'pem', type: 'pkcs8' } }).privateKey],
  ['ssh-keygen', () => sshKeygen('-t', 'ed25519', '-N', '')],
  ['ssh-keygen with Windows line ends', () => sshKeygen('-t', 'ecdsa', '-N', '').replaceAll('\n', '\r\n')],
]

const sshKeygen = (...args: readonly string[]): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'key-')), 'key')
  execFileSync('ssh-keygen', ['-q', '-f', file, ...args])
  return readFileSync(file, 'utf8')
}

describe('readPrivateKey', () => {
  it.each(made)('gives ssh2 what it can sign with: %s', (_, make) => {
    const read = readPrivateKey(make())
    const parsed = ssh2.utils.parseKey('key' in read ? read.key : '')
    if (parsed instanceof Error) throw parsed
    expect(parsed.verify('text', parsed.sign('text'))).toBe(true)
  })

  it('refuses what needs a passphrase', () => {
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' }
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      ...pem,
      privateKeyEncoding: { format: 'pem', type: 'pkcs8', ...cipher },
    })
    for (const key of [privateKey, sshKeygen('-t', 'ed25519', '-N', 'secret')])
      expect(readPrivateKey(key)).toEqual({ refused: 'a passphrase' })
  })

  it.each([
    '',
    'ssh-ed25519 AAAA',
    '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
  ])('refuses what is none: %j', (text) => {
    expect(readPrivateKey(text)).toEqual({ refused: 'unreadable' })
  })
})
