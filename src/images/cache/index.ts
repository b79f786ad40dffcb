// Images that outlive a run: DIR/sha256-HEX/disk (of a box also disk1 …), by the digest of the file as published, with a record beside it.
// See docs/images.md.
import { stat } from 'node:fs/promises'
import { JobError } from '../../errors'
import type { MakeRoom } from '../../host/files/space'
import { keepOnce, type Made } from '../../host/kept/keep'
import { prepareShelf } from '../../host/kept/shelf'
import type { KeptEntry, Taking } from '../../host/kept/take'
import { makeRoom } from '../../host/kept/trim'
import { verifyDigests } from '../../lib/digests'
import { printable } from '../../lib/shown'
import { readBox } from '../boxes/box'
import { refusing } from '../../formats/tar/refuse'
import type { Source } from '../resolved'
import { store, type StoreOptions, type Stored } from '../store/store'
import { cacheKey } from './key'
import { imageShelf, type CachedImage } from './record'

export interface Cache {
  readonly dir: string // absolute; is made when it is not there
  readonly maxBytes: number // on the disk; what was used longest ago is removed beyond that
}

export interface CacheOptions extends StoreOptions {
  readonly cache: Cache | undefined
  readonly warn: (text: string) => void
}

export type Kept = Stored & { readonly reused?: true }

// store, but an image from a server is fetched once for all jobs that share the cache, one job at a time, and kept. It stays in the cache as
// long as our process lives. A cache that cannot be used is a warning.
export const storeCached = async (source: Source, given: CacheOptions): Promise<Kept> => {
  const { cache, expected, warn, signal } = given
  const options = withRoom(given)
  if (cache === undefined || source.kind !== 'url') return store(source, options)
  const key = cacheKey(expected)
  if (key === undefined) {
    warn(`${source.shown} is not taken from the cache nor kept there: nothing tells its digest before it is fetched; give its \`checksum\``)
    return store(source, options)
  }
  try {
    await prepareShelf(imageShelf(cache.dir), key, signal)
  } catch (error) {
    signal.throwIfAborted()
    warn(`the cache in ${printable(cache.dir, 300)} is not used: ${error instanceof Error ? printable(error.message, 300) : ''}`)
    return store(source, given) // and nothing in it is removed
  }
  return (await keep(source, key, { ...options, cache })) ?? store(source, options)
}

// Room for what is written on the disk that the cache is on.
const withRoom = <T extends CacheOptions>(options: T): T => {
  const { cache, dir, signal, onProgress } = options
  if (cache === undefined) return options
  const room: MakeRoom = async (bytes) => {
    const [here, there] = await Promise.all([dir, cache.dir].map((path) => stat(path).catch(() => undefined)))
    if (here === undefined || here.dev !== there?.dev) return 0
    const onRemoved = (images: number): void => {
      const what = images === 1 ? 'an image that no job uses is' : `${images} images that no job uses are`
      onProgress(`the disk is full: ${what} removed from the cache`)
    }
    return makeRoom(imageShelf(cache.dir), bytes, { signal, onRemoved }).catch(() => {
      signal.throwIfAborted()
      return 0 // another user's cache, say: then the disk is full
    })
  }
  return { ...options, makeRoom: room }
}

// undefined when what is kept lacks a digest that is asked for.
const keep = async (source: Source, key: string, options: CacheOptions & { readonly cache: Cache }): Promise<Kept | undefined> => {
  const { signal, warn, onProgress, cache } = options
  try {
    const kept = await keepOnce(imageShelf(cache.dir), {
      ...asking(source.shown, key, options),
      maxBytes: cache.maxBytes,
      make: async (dir) => madeOf(await store(source, withRoom({ ...options, dir }))),
      onWait: () => {
        onProgress(`waiting for another job that fetches ${source.name} into the cache`)
      },
      onDamaged: (why) => {
        warn(`${source.name} in the cache is damaged: ${why}; it is removed and fetched again`)
      },
    })
    if (kept === 'unproven') return undefined
    return kept.reused ? { ...kept.thing, reused: true } : kept.thing
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof JobError ? error : cacheError(cache.dir, error)
  }
}

// image-error, from accept: the digests that are asked for contradict each other.
const asking = (shown: string, key: string, { expected, signal }: CacheOptions): Taking<CachedImage, Stored> => ({
  key,
  signal,
  accept: ({ published }) => {
    if (![...published].some(([algorithm, hex]) => `${algorithm}-${hex}` === key)) return { damaged: 'its record is of another image' }
    if (expected.some((digest) => !published.has(digest.algorithm))) return 'unproven'
    verifyDigests(shown, published, expected)
    return 'accepted'
  },
  open: (entry) => storedIn(entry, shown),
})

const madeOf = ({ path, sha256, published, publishedBytes, compression, box }: Stored): Made<CachedImage> => {
  const about = { published, publishedBytes, compression }
  if (box === undefined) return { about, files: [{ path, sha256 }] }
  const members = box.disks.map(({ member }) => member)
  return { about: { ...about, box: { members, texts: Object.fromEntries(box.texts) } }, files: box.disks }
}

// A box is read again from what the record keeps of it.
const storedIn = ({ about, files }: KeptEntry<CachedImage>, shown: string): Stored => {
  const { published, publishedBytes, compression, box } = about
  const [first] = files
  if (first === undefined) throw new RangeError('an image has a disk')
  const stored = { path: first.path, sha256: first.sha256, publishedBytes, published, compression }
  if (box === undefined) return stored
  const disks = new Map(
    files.map(({ path, sha256 }, index) => [box.members[index] ?? '', { member: box.members[index] ?? '', path, sha256 }]),
  )
  return { ...stored, box: readBox({ texts: new Map(Object.entries(box.texts)), disks }, refusing(shown)) }
}

const cacheError = (dir: string, cause: unknown): JobError =>
  new JobError('infra-error', `the image could not be kept in the cache: ${cause instanceof Error ? printable(cause.message, 300) : ''}`, {
    hint: `Look at the folder ${printable(dir, 300)} and its disk, or run without \`cache\`.`,
    cause,
  })
