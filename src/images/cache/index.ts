// Images that outlive a run: DIR/sha256-HEX/disk (of a box also disk1 …), by the digest of the file as published, with a record beside it.
// See docs/images.md.
import { constants, lstat, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '../../errors'
import { tryLock, waitLock } from '../../host/file-lock'
import { makeFolder } from '../../host/files/make-folder'
import type { Source } from '../resolved'
import { printable } from '../../lib/shown'
import type { MakeRoom } from '../../host/files/space'
import { store, type StoreOptions, type Stored } from '../store/store'
import { diskPath, seenOf, sha256Of, storedIn, takeEntry, type FoundEntry } from './entry'
import { cacheKey } from './key'
import { writeRecord, type CachedDisk } from './record'
import { makeRoom, removeLeftovers, trim } from './trim'

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
  const place = { folder: join(cache.dir, key), lock: join(cache.dir, '.locks', key), arriving: join(cache.dir, '.arriving'), key }
  try {
    await prepare(place, signal)
  } catch (error) {
    signal.throwIfAborted()
    warn(`the cache in ${printable(cache.dir, 300)} is not used: ${error instanceof Error ? printable(error.message, 300) : ''}`)
    return store(source, given) // and nothing in it is removed
  }
  return keep(source, place, { ...options, cache })
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
    return makeRoom(cache.dir, bytes, { signal, onRemoved }).catch(() => {
      signal.throwIfAborted()
      return 0 // another user's cache, say: then the disk is full
    })
  }
  return { ...options, makeRoom: room }
}

interface Place {
  readonly key: string
  readonly folder: string
  readonly lock: string
  readonly arriving: string // each folder in it is called KEY-RANDOM; without a holder of that key's lock it is a leftover
}

const appended = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

// Nothing in it is reached by way of a link, which may have come with a checkout or an archive.
const prepare = async ({ lock, arriving }: Place, signal: AbortSignal): Promise<void> => {
  const probe = join(lock, '..', 'probe')
  for (const path of [arriving, join(lock, '..'), lock, probe]) {
    const stats = await lstat(path).catch(() => undefined)
    if (stats?.isSymbolicLink()) throw new Error(`${path} is a link`)
  }
  makeFolder(arriving, 0o700)
  makeFolder(join(lock, '..'), 0o700)
  await writeFile(lock, '', { flag: appended, mode: 0o600 })
  // Without flock, or on a file system that has no locks, nothing here can be shared. Nobody waits for this one.
  await writeFile(probe, '', { flag: appended, mode: 0o600 })
  await (await tryLock({ path: probe, mode: 'shared', signal }))?.release()
}

const keep = async (source: Source, place: Place, options: CacheOptions & { readonly cache: Cache }): Promise<Kept> => {
  const { signal, expected, warn, onProgress, cache } = options
  const take = (): Promise<FoundEntry> => takeEntry(place.folder, { shown: source.shown, expected, signal })
  const found = await take()
  if (found.kind === 'sound') return { ...found.stored, reused: true }
  if (found.kind === 'unproven') return store(source, options)

  const lock = await waitLock({ path: place.lock, mode: 'exclusive', signal }, () => {
    onProgress(`waiting for another job that fetches ${source.name} into the cache`)
  })
  try {
    const now = await take() // another job may have brought it meanwhile
    if (now.kind === 'sound') return { ...now.stored, reused: true }
    if (now.kind === 'unproven') return await store(source, options)
    await removeLeftovers(place.arriving, place.key)
    const arriving = await mkdtemp(join(place.arriving, `${place.key}-`))
    try {
      if (now.kind === 'damaged') {
        warn(`${source.name} in the cache is damaged: ${now.why}; it is removed and fetched again`)
        await rename(place.folder, join(arriving, 'damaged'))
        await rm(join(arriving, 'damaged'), { recursive: true })
      }
      const stored = await store(source, withRoom({ ...options, dir: arriving }))
      return await publish(stored, { arriving, folder: place.folder, shown: source.shown, signal })
    } finally {
      await rm(arriving, { recursive: true, force: true })
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof JobError ? error : cacheError(cache.dir, error)
  } finally {
    await lock.release()
    if (!signal.aborted) await trim(cache.dir, cache.maxBytes, signal).catch(() => undefined) // the next job's turn, then
  }
}

interface Publishing {
  readonly arriving: string
  readonly folder: string
  readonly shown: string
  readonly signal: AbortSignal
}

// Gives an image that was verified its name in the cache, whole and at once. We hold it before anybody else can see it.
const publish = async (stored: Stored, { arriving, folder, shown, signal }: Publishing): Promise<Stored> => {
  const { published, publishedBytes, compression, box } = stored
  const made = join(arriving, 'entry')
  await mkdir(made, { mode: 0o700 })
  const disks: CachedDisk[] = []
  for (const [index, disk] of (box?.disks ?? [stored]).entries()) {
    const path = diskPath(made, index)
    await rename(disk.path, path)
    disks.push({ ...('member' in disk ? { member: disk.member } : {}), ...(await settle(path, disk.sha256, signal)) })
  }
  const record = { published, publishedBytes, compression, disks, ...(box && { texts: Object.fromEntries(box.texts) }) }
  await writeRecord(made, record)
  await tryLock({ path: diskPath(made), mode: 'shared', signal })
  await rename(made, folder)
  return storedIn(folder, record, shown)
}

// Makes a disk that nobody writes to any more durable.
const settle = async (path: string, known: string | undefined, signal: AbortSignal): Promise<CachedDisk> => {
  const file = await open(path)
  try {
    await file.chmod(0o444)
    await file.sync()
    const sha256 = known ?? (await sha256Of(file, signal))
    const stats = await file.stat({ bigint: true })
    return { sha256, bytes: Number(stats.size), seen: seenOf(stats) }
  } finally {
    await file.close()
  }
}

const cacheError = (dir: string, cause: unknown): JobError =>
  new JobError('infra-error', `the image could not be kept in the cache: ${cause instanceof Error ? printable(cause.message, 300) : ''}`, {
    hint: `Look at the folder ${printable(dir, 300)} and its disk, or run without \`cache\`.`,
    cause,
  })
