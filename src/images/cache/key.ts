import type { Expected } from '../../lib/digests'

const order = ['sha256', 'sha512', 'sha384'] as const // sha256 is what most publish, so that names of one image meet

// What an image is called in the cache: sha256-HEX, by the digest of the file as published. undefined when nobody tells it before the
// download: then nothing that is there could be known to be the same. An address or an ETag is no proof.
export const cacheKey = (expected: readonly Expected[]): string | undefined => {
  const best = order.flatMap((algorithm) => expected.filter((digest) => digest.algorithm === algorithm))[0]
  return best === undefined ? undefined : `${best.algorithm}-${best.hex}`
}

// The key by which `actions/cache` should keep the folder: the same that `resolve` tells.
export const actionsCacheKey = (key: string): string => `image-test-${key}`

export const isCacheKey = (name: string): boolean => /^sha(256|384|512)-[0-9a-f]{64,128}$/.test(name)
