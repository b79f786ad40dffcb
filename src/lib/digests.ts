import { createHash, type Hash } from 'node:crypto'
import { JobError } from '../errors'

export type Algorithm = 'sha256' | 'sha384' | 'sha512'

// A digest that somebody published for a file; `from` says who, for messages and the report.
export interface Expected {
  readonly algorithm: Algorithm
  readonly hex: string // lower case
  readonly from: string
  readonly beside?: true // in the folder of a local image, where nobody spoke of it
}

export type Digests = ReadonlyMap<Algorithm, string>

const hexLengths: ReadonlyMap<number, Algorithm> = new Map([
  [64, 'sha256'],
  [96, 'sha384'],
  [128, 'sha512'],
])

// The algorithm that a digest of so many hexadecimal digits belongs to; undefined for the ones too weak to prove anything.
export const algorithmOfHex = (hex: string): Algorithm | undefined => hexLengths.get(hex.length)

// Reads 'sha256:HEX' or HEX. config-error when it is neither, or weaker than sha256.
export const parseChecksum = (text: string): Expected => {
  const match = /^(?:([a-z0-9-]+)[:=])?([0-9a-f]+)$/i.exec(text.trim())
  const hex = match?.[2]?.toLowerCase()
  const named = match?.[1]?.toLowerCase().replace('-', '')
  const algorithm = hex === undefined ? undefined : algorithmOfHex(hex)
  if (hex !== undefined && algorithm !== undefined && (named ?? algorithm) === algorithm)
    return { algorithm, hex, from: 'given with the job' }
  const weak = named === 'md5' || named === 'sha1' || named === 'sha224' || [32, 40, 56].includes(hex?.length ?? 0)
  throw new JobError(
    'config-error',
    weak ? 'this checksum is too weak: MD5, SHA-1 and SHA-224 are not accepted' : 'the checksum is not a digest',
    {
      hint: 'Give it as sha256:HEX with 64 hexadecimal digits; sha384 and sha512 work as well.',
    },
  )
}

export interface Digester {
  readonly bytes: number
  update(chunk: Uint8Array): void
  sha256(): string // of what came so far; more may follow
  digests(): Digests // of everything; nothing may follow
}

// Computes sha256 and whatever else is asked for in one pass.
export const createDigester = (algorithms: Iterable<Algorithm> = []): Digester => {
  const hashes = new Map<Algorithm, Hash>()
  const sha256 = createHash('sha256')
  hashes.set('sha256', sha256)
  for (const algorithm of algorithms) if (!hashes.has(algorithm)) hashes.set(algorithm, createHash(algorithm))
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    update: (chunk) => {
      bytes += chunk.byteLength
      for (const hash of hashes.values()) hash.update(chunk)
    },
    sha256: () => sha256.copy().digest('hex'),
    digests: () => new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')])),
  }
}

// image-error when a file is not what was published.
export const verifyDigests = (shown: string, actual: Digests, expected: readonly Expected[]): void => {
  for (const { algorithm, hex, from, beside } of expected) {
    const found = actual.get(algorithm)
    if (found === hex) continue
    const who = beside ? `${from}, which lies beside the image` : from
    throw new JobError('image-error', `${algorithm} of ${shown} is ${found ?? 'unknown'}, expected ${hex} (${who})`, {
      hint: beside
        ? 'If the image was changed or built anew on purpose, write that file anew or remove it, or set `verify: none`; if not, the image is damaged or was exchanged.'
        : 'The file is damaged, was exchanged, or the checksum is of another file. The checksum is of the file as published, before it is unpacked.',
    })
  }
}
