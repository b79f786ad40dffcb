import type { ImageFacts } from '../results'
import type { Kept } from './cache'
import { actionsCacheKey, cacheKey } from './cache/key'
import type { Disk } from '../formats/disk'
import type { Source } from './resolved'
import type { Verification } from './trust/verification'

export interface Known {
  readonly source: Source
  readonly asked: string // a name, or what the source is called
  readonly verification: Verification
  readonly stored: Kept | undefined // absent for a local image that is used where it lies
  readonly sha256: string | undefined // of the disk; absent while it is being computed
  readonly fileBytes: number
  readonly disk: Disk
}

// What the report says of the image. Addresses are without their secrets.
export const imageFacts = ({ source, asked, verification, stored, sha256, fileBytes, disk }: Known): ImageFacts => {
  const fetchedSha256 = stored?.published.get('sha256') ?? sha256
  const key = source.kind === 'url' ? cacheKey(verification.expected) : undefined
  return {
    asked,
    ...(source.kind === 'url' ? { url: source.shown } : {}),
    ...(fetchedSha256 === undefined ? {} : { fetchedSha256 }),
    ...(sha256 === undefined ? {} : { sha256 }),
    verified: verification.level,
    verifiedBy: verification.by,
    bytes: stored?.publishedBytes ?? fileBytes,
    virtualBytes: disk.virtualBytes,
    format: disk.format,
    ...(key === undefined ? {} : { cacheKey: actionsCacheKey(key) }),
    ...(stored?.reused === true ? { cached: true } : {}),
  }
}
