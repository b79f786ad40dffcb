import { readKeys } from './armor'
import { clearSignedParts } from './clear-signed'
import { runGpgv, type Gpgv } from './gpgv'
import type { Key } from './keys'
import type { Signature } from './status'

// Who may sign: keys of this project's table, or those that the user gave.
export type Signers = { readonly kind: 'pinned'; readonly keys: readonly Key[] } | { readonly kind: 'given'; readonly bytes: Buffer }

export type Checked =
  | { readonly kind: 'signed'; readonly by: string; readonly text: string } // text: what is signed, and nothing else of the file
  | { readonly kind: 'refused'; readonly why: string } // the signature proves that something is wrong
  | { readonly kind: 'unproven'; readonly why: string } // there is a signature, but none that counts
  | { readonly kind: 'unsigned'; readonly why: string }

export interface Document {
  readonly name: string // for messages
  readonly bytes: Buffer
  readonly detached: { readonly name: string; readonly bytes: Buffer } | undefined // a signature beside it
}

// Finds out who signed a file. It counts as signed when one of its signatures is good and by one of the signers: a signature by somebody
// else beside it says nothing. infra-error when gpgv cannot be had.
export const checkSignature = async ({ name, bytes, detached }: Document, signers: Signers, gpgv: Gpgv): Promise<Checked> => {
  const unproven = (why: string): Checked => ({ kind: 'unproven', why })
  const [inside, ...others] = clearSignedParts(bytes)
  if (inside === undefined && detached === undefined) return { kind: 'unsigned', why: `${name} is not signed` }
  // Which of them a person takes for signed, nobody knows.
  if (others.length > 0) return unproven(`${name} holds several signed texts`)
  const keys = signers.kind === 'given' ? signers.bytes : Buffer.concat(signers.keys.map(keyBytes))
  if (keys.length === 0) return unproven(`no key is known here that may sign ${name}`)
  // Of a whole file gpgv would take what comes first, which may be a message that unpacks without end.
  const text = inside === undefined ? bytes : Buffer.from(inside, 'latin1')
  const { signatures, signed } = await runGpgv({ text, detached: inside === undefined ? detached?.bytes : undefined, keys }, gpgv)
  const good = signatures.find((signature) => signature.kind === 'valid' && maySign(signers, signature.primary))
  if (good?.kind === 'valid') return { kind: 'signed', by: nameOf(good.primary, signers), text: signed }
  const [worst] = signatures.toSorted((left, right) => severity.indexOf(left.kind) - severity.indexOf(right.kind))
  if (worst === undefined)
    return { kind: 'unsigned', why: `${name} is not signed: ${inside === undefined ? (detached?.name ?? name) : 'it'} holds no signature` }
  return verdict(worst, name, signers)
}

const severity: readonly Signature['kind'][] = ['bad', 'revoked', 'expired-key', 'expired', 'unusable', 'unknown-key', 'valid']

const verdict = (signature: Signature, name: string, signers: Signers): Checked => {
  const key = nameOf(signature.kind === 'valid' ? signature.primary : signature.key, signers)
  switch (signature.kind) {
    case 'bad':
      return { kind: 'refused', why: `${name} was changed after ${key} signed it, or its signature was` }
    case 'revoked':
      return { kind: 'refused', why: `${name} is signed by ${key}, a key that was revoked` }
    case 'expired-key':
      return { kind: 'unproven', why: `${name} is signed by ${key}, a key that has expired` }
    case 'expired':
      return { kind: 'unproven', why: `the signature of ${name} by ${key} has expired` }
    case 'unusable':
      return { kind: 'unproven', why: `the signature of ${name} cannot be used: it is damaged, or made with SHA-1 or something as weak` }
    case 'unknown-key':
    case 'valid':
      return { kind: 'unproven', why: `${name} is signed by ${key}, which is none of the keys that may sign it` }
  }
}

const keyBytes = ({ armored }: Key): Buffer => readKeys(Buffer.from(armored)) ?? Buffer.alloc(0)

const maySign = (signers: Signers, primary: string): boolean =>
  signers.kind === 'given' || signers.keys.some(({ fingerprint }) => fingerprint === primary)

// '36F6…90A6 (Fedora 44)', of a fingerprint or of the sixteen last digits of one.
const nameOf = (key: string, signers: Signers): string => {
  const short = key.length > 16 ? `${key.slice(0, 4)}…${key.slice(-4)}` : key
  const owner = signers.kind === 'given' ? undefined : signers.keys.find(({ fingerprint }) => fingerprint.endsWith(key))?.owner
  return owner === undefined ? short : `${short} (${owner})`
}
