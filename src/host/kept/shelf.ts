// Things that outlive a run, for all runs that share a folder: DIR/KEY/ with the files of one and the record of what they must be. Beside them
// DIR/.locks/KEY, held by whoever makes that one, and DIR/.arriving/KEY-RANDOM for what is on its way in or out.
import { constants, lstat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '../../errors'
import { makeFolder } from '../files/make-folder'
import { tryLock } from '../file-lock'
import type { KeptFile } from './file'

export interface Shelf<Kind extends KeptNames = KeptNames> {
  readonly dir: string // absolute; is made when it is not there
  readonly kind: Kind
}

// What its user says of the things: how they are called …
export interface KeptNames {
  readonly isKey: (name: string) => boolean // what else lies in the folder is not ours
  readonly fileName: (index: number) => string // of a file of an entry; whoever uses the entry holds a lock on the first
  readonly fileWord: string // what such a file is called in messages
}

// … and how their record is written.
export interface KeptKind<About> extends KeptNames {
  readonly toJson: (record: KeptRecord<About>) => object
  readonly fromJson: (written: unknown) => KeptRecord<About> | undefined // undefined when it is none of ours; whoever made it may have written anything
}

export interface KeptRecord<About> {
  readonly about: About
  readonly files: readonly KeptFile[] // one at least
}

interface ShelfPlaces {
  readonly folder: string
  readonly lock: string
  readonly arriving: string // each folder in it is called KEY-RANDOM; without a holder of that key's lock it is a leftover
}

export const placesOf = ({ dir, kind }: Shelf, key: string): ShelfPlaces => {
  if (!kind.isKey(key)) throw new RangeError(`${key} is no key`)
  return { folder: join(dir, key), lock: join(dir, '.locks', key), arriving: arrivingIn(dir) }
}

export const arrivingIn = (dir: string): string => join(dir, '.arriving')
export const locksIn = (dir: string): string => join(dir, '.locks')

const appended = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

// Makes what an entry of that key needs. Throws when the folder cannot be used: it cannot be written, has a link in it, or has no locks.
export const prepareShelf = async (shelf: Shelf, key: string, signal: AbortSignal): Promise<void> => {
  const { lock, arriving } = placesOf(shelf, key)
  const locks = locksIn(shelf.dir)
  const probe = join(locks, 'probe')
  await refuseLinks(arriving, locks, lock, probe)
  makeFolder(arriving, 0o700)
  makeFolder(locks, 0o700)
  await writeFile(lock, '', { flag: appended, mode: 0o600 })
  // Without flock, or on a file system that has no locks, nothing here can be shared. Nobody waits for this one.
  await writeFile(probe, '', { flag: appended, mode: 0o600 })
  await (await tryLock({ path: probe, mode: 'shared', signal }))?.release()
}

// Nothing is reached by way of a link, which may have come with a checkout or an archive: what lies behind it is not ours.
export const refuseLinks = async (...paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const stats = await lstat(path).catch(() => undefined)
    if (stats?.isSymbolicLink() !== true) continue
    throw new JobError('infra-error', `${path} is a link`, { hint: 'Look where it leads, and remove it: a folder of ours belongs there.' })
  }
}
