import { checksumsOf, type Distribution } from '../distributions/distribution'
import type { ChecksumFile } from '../resolved'
import { fingerprintsOf, type Key } from '../trust/signatures/keys'

type Publisher = Pick<Distribution, 'name' | 'signing'> & { readonly checksums: string }

interface PublishedImage {
  readonly file: string
  readonly release: string
}

// The checksum file of an image, and who may sign it. One that nobody signs is vouched for by its publisher, over https.
export const checksumFileOf = (publisher: Publisher, image: URL, { file, release }: PublishedImage, keys: readonly Key[]): ChecksumFile => {
  const { name, signing } = publisher
  const url = new URL(checksumsOf(publisher, file), image)
  if (signing === undefined) return { url, signature: { kind: 'none' }, keys: [], trusted: true }
  const major = signing.release === undefined ? undefined : release.split('.')[0]
  return {
    url,
    signature: signing.signature === 'inside' ? { kind: 'inside' } : { kind: 'detached', url: new URL(`${url.href}${signing.signature}`) },
    keys: fingerprintsOf(name, major, keys),
    trusted: true,
  }
}
