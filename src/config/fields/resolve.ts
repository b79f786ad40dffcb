// The action `resolve`, which tells what an image is without fetching it. Its inputs are some of those of the main action.
import type { InputName } from './inputs'

export const resolveInputs = ['image', 'checksum', 'checksum-file', 'verify', 'signing-key'] as const satisfies readonly InputName[]

export const resolveOutputs = {
  image:
    'What stands for exactly this image from now on, for the input `image` of all legs of a matrix: a name with its version, or the URL with its query; never with a login.',
  url: 'Where the image is, without user and query.',
  digest: 'Digest of the file as published, as for the input `checksum`: `sha256:HEX` or `sha512:HEX`; empty when nobody tells one.',
  verified: 'How far the digest is proven: `signature`, `checksum` or `none`.',
  'verified-by': 'Who vouches for it.',
  'cache-key': 'Key for `actions/cache`, made of the digest; empty without one.',
  'login-user': 'The user to log in as, where the name tells.',
  version: 'The version that the name stands for today.',
  format: 'Format of the image, where the name tells.',
  arch: 'Architecture of the image, where the name tells.',
} as const satisfies Readonly<Record<string, string>>

export type ResolveOutput = keyof typeof resolveOutputs
