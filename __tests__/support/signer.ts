// Real gpg with keys made on the spot, for what a publisher does.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Key } from '../../src/images/trust/signatures/keys'

export interface SignerKey {
  readonly bytes?: 'rsa2048' | 'ed25519'
  readonly at?: string // when it was made: 20240101T000000
  readonly lasts?: string // '10d'; for ever unless told
  readonly signingSubkey?: true
}

export interface Signer {
  key(owner: string, kind?: SignerKey): Key
  clearSign(text: string, by: Key, options?: readonly string[]): Buffer
  sign(text: string, by: Key): Buffer // as a message, armored
  pack(content: Buffer): Buffer // as a message, compressed and not signed
  detach(text: string | Buffer, by: readonly Key[], options?: readonly string[]): Buffer
  revoke(key: Key): Key // the same key, with its revocation
  close(): void
}

export const createSigner = (): Signer => {
  const home = mkdtempSync(join(tmpdir(), 'gpg-'))
  const gpg = (args: readonly string[], input?: string | Buffer): Buffer =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      input: input ?? '',
    })
  const exported = (fingerprint: string): string => gpg(['--armor', '--export', fingerprint]).toString()
  const users = (keys: readonly Key[]) => keys.flatMap(({ owner }) => ['--local-user', `=${owner}`])
  return {
    key: (owner, { bytes = 'ed25519', at, lasts = 'never', signingSubkey } = {}) => {
      const then = at === undefined ? [] : ['--faked-system-time', at]
      gpg([...then, '--quick-generate-key', owner, bytes, 'cert,sign', lasts])
      const listed = gpg(['--with-colons', '--list-keys', `=${owner}`]).toString()
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? ''
      if (signingSubkey) gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign', 'never'])
      return { distribution: 'test', owner, fingerprint, armored: exported(fingerprint) }
    },
    clearSign: (text, by, options = []) => gpg([...options, ...users([by]), '--clear-sign'], text),
    sign: (text, by) => gpg([...users([by]), '--armor', '--sign'], text),
    pack: (content) => gpg(['--compress-algo', 'zlib', '-z', '9', '--store'], content),
    detach: (text, by, options = []) => gpg([...options, ...users(by), '--armor', '--detach-sign'], Buffer.from(text)),
    revoke: (key) => {
      const certificate = readFileSync(join(home, 'openpgp-revocs.d', `${key.fingerprint}.rev`), 'utf8')
      // gpg puts a colon in front, lest it be imported by mistake.
      const file = join(home, 'revoke.asc')
      writeFileSync(file, certificate.replace(/^:/m, ''))
      gpg(['--import', file])
      return { ...key, armored: exported(key.fingerprint) }
    },
    close: () => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
      rmSync(home, { recursive: true, force: true })
    },
  }
}
