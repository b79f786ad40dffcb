// Private keys in the forms that ssh2 reads: OpenSSH's own, and PEM of RSA and ECDSA. It reads no PKCS #8, which openssl writes today.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export type PrivateKey = { readonly key: string } | { readonly refused: 'a passphrase' | 'unreadable' }

// A private key as people and tools write it. Refused: it needs a passphrase, which nobody could type here; or it is none.
export const readPrivateKey = (text: string): PrivateKey => {
  const key = `${text.replaceAll('\r\n', '\n').trim()}\n`
  const openssh = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END OPENSSH PRIVATE KEY-----/.exec(key)?.[1]
  if (openssh !== undefined) return readOpenssh(key, Buffer.from(openssh, 'base64'))
  try {
    const parsed = fromNode(createPrivateKey(key))
    return parsed === undefined ? { refused: 'unreadable' } : { key: parsed }
  } catch {
    return { refused: /^(?:-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)/m.test(key) ? 'a passphrase' : 'unreadable' }
  }
}

const magic = Buffer.from('openssh-key-v1\0')

const readOpenssh = (key: string, blob: Buffer): PrivateKey => {
  if (!blob.subarray(0, magic.length).equals(magic)) return { refused: 'unreadable' }
  return blob.subarray(magic.length).indexOf(field('none')) === 0 ? { key } : { refused: 'a passphrase' }
}

const fromNode = (key: KeyObject): string | undefined => {
  if (key.asymmetricKeyType === 'rsa') return key.export({ format: 'pem', type: 'pkcs1' }).toString()
  if (key.asymmetricKeyType === 'ec') return key.export({ format: 'pem', type: 'sec1' }).toString()
  if (key.asymmetricKeyType === 'ed25519') return opensshEd25519(key.export({ format: 'der', type: 'pkcs8' }).subarray(-32))
  return undefined
}

export const pem = (what: string, base64: string): string =>
  [`-----BEGIN ${what}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${what}-----`, ''].join('\n')

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410, in front of a seed

// A key of 32 bytes of seed in the format of OpenSSH's PROTOCOL.key, the only one in which ssh2 reads such keys.
export const opensshEd25519 = (seed: Uint8Array): string => {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Ed25519, seed]), format: 'der', type: 'pkcs8' })
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  const kind = field('ssh-ed25519')
  const check = Buffer.alloc(8)
  const content = Buffer.concat([check, kind, field(point), field(Buffer.concat([seed, point])), field('')])
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (content.length % 8)) % 8))
  const none = field('none')
  const one = Buffer.from([0, 0, 0, 1])
  const publicKey = field(Buffer.concat([kind, field(point)]))
  const blob = [magic, none, none, field(''), one, publicKey, field(Buffer.concat([content, padding]))]
  return pem('OPENSSH PRIVATE KEY', Buffer.concat(blob).toString('base64'))
}

const field = (content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
