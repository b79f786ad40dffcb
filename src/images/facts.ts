import type { ImageRequest } from '../config/job'
import type { ImageFacts } from '../results'
import type { Digests, Expected } from './digests'
import type { Disk } from './disks'
import type { Source } from './source'
import type { Stored } from './store'

export interface Known {
  readonly request: ImageRequest
  readonly source: Source
  readonly expected: readonly Expected[]
  readonly stored: Stored | undefined // absent for a local image that is used where it lies
  readonly digests: Digests | undefined // of the disk; absent while they are being computed
  readonly fileBytes: number
  readonly disk: Disk
}

// What the report says of the image. Addresses are without their secrets.
export const imageFacts = ({ request, source, expected, stored, digests, fileBytes, disk }: Known): ImageFacts => {
  const sha256 = stored?.sha256 ?? digests?.get('sha256')
  const fetchedSha256 = stored?.published.get('sha256') ?? sha256
  return {
    asked: source.shown,
    ...(source.kind === 'url' ? { url: source.shown } : {}),
    ...(fetchedSha256 === undefined ? {} : { fetchedSha256 }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...verification(request, expected),
    bytes: stored?.publishedBytes ?? fileBytes,
    virtualBytes: disk.virtualBytes,
    format: disk.format,
  }
}

const verification = ({ verify }: ImageRequest, expected: readonly Expected[]): Pick<ImageFacts, 'verified' | 'verifiedBy'> => {
  if (expected.length > 0)
    return { verified: 'checksum', verifiedBy: expected.map(({ algorithm, from }) => `${algorithm} ${from}`).join(', ') }
  return { verified: 'none', verifiedBy: verify === 'none' ? 'nothing: verify is none' : 'nothing: no checksum was given' }
}
