import type { BigIntStats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../lib/error-code'
import { waitLock, type Lock } from '../file-lock'
import { markUsed, readRecord, writeRecord } from './record'
import { lookAtFile, sameSeen, type KeptFile } from './file'
import { placesOf, type KeptKind, type KeptNames, type KeptRecord, type Shelf } from './shelf'

// What a look at an entry finds. unproven: sound, but something that is asked for is not known of it.
export type Taken<Thing> =
  | { readonly kind: 'sound'; readonly thing: Thing; readonly lock: Lock } // the lock keeps it from being removed
  | { readonly kind: 'missing' | 'unproven' }
  | { readonly kind: 'damaged'; readonly why: string }

export interface Taking<About, Thing> {
  readonly key: string
  readonly signal: AbortSignal
  // Whether what the record says is what is asked for. May throw when that contradicts itself.
  readonly accept: (about: About) => 'accepted' | 'unproven' | { readonly damaged: string }
  readonly open: (entry: KeptEntry<About>) => Thing // throws when the record cannot be understood
}

export interface KeptEntry<About> {
  readonly about: About
  readonly files: readonly (KeptFile & { readonly path: string })[]
}

// Takes an entry when it is what its name and its record say. Reads its files through once, unless size, inode and times are those recorded.
export const takeEntry = async <About, Thing>(shelf: Shelf<KeptKind<About>>, taking: Taking<About, Thing>): Promise<Taken<Thing>> => {
  const { folder } = placesOf(shelf, taking.key)
  const lock = await shareEntry(folder, shelf.kind, taking.signal)
  if (lock === 'missing') return { kind: 'missing' }
  if (lock === 'foreign') return damaged('something else is in its place')
  let found: Taken<Thing> | undefined
  try {
    found = await examine(folder, lock, shelf.kind, taking)
    return found
  } finally {
    if (found?.kind !== 'sound') await lock.release()
  }
}

// Marks an entry as in use by us.
const shareEntry = async (folder: string, kind: KeptNames, signal: AbortSignal): Promise<Lock | 'missing' | 'foreign'> => {
  const path = join(folder, kind.fileName(0))
  for (;;) {
    const [dir, file] = await Promise.all([lookAt(folder), lookAt(path)])
    if (dir === undefined) return 'missing'
    if (!dir.isDirectory() || file?.isFile() !== true) return (await lookAt(folder)) === undefined ? 'missing' : 'foreign'
    try {
      // Whoever has it alone is about to remove it.
      const lock = await waitLock({ path, mode: 'shared', signal }, () => undefined)
      if ((await lookAt(path))?.ino === file.ino) return lock
      await lock.release() // it was removed, and may be there anew
    } catch (error) {
      if ((await lookAt(folder)) === undefined) return 'missing'
      throw error
    }
  }
}

const lookAt = (path: string): Promise<BigIntStats | undefined> =>
  lstat(path, { bigint: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  })

const examine = async <About, Thing>(
  folder: string,
  lock: Lock,
  kind: KeptKind<About>,
  { accept, open, signal }: Taking<About, Thing>,
): Promise<Taken<Thing>> => {
  const record = await readRecord(folder, kind)
  if (record === undefined) return damaged('its record is missing or cannot be read')
  const accepted = accept(record.about)
  if (accepted === 'unproven') return { kind: 'unproven' }
  if (accepted !== 'accepted') return damaged(accepted.damaged)
  const files: KeptFile[] = []
  for (const [index, file] of record.files.entries()) {
    const seen = await lookAtFile(join(folder, kind.fileName(index)), kind.fileWord, file, signal)
    if (typeof seen === 'string') return damaged(seen)
    files.push({ ...file, seen })
  }
  let thing: Thing
  try {
    thing = open(entryIn(folder, kind, record))
  } catch (error) {
    return damaged(`its record cannot be understood: ${error instanceof Error ? error.message : ''}`)
  }
  // It was copied here or came out of an archive. In a folder of somebody else's it is hashed each time.
  if (!record.files.every(({ seen }, index) => sameSeen(seen, files[index]?.seen)))
    await writeRecord(folder, kind, { ...record, files }).catch(() => undefined)
  await markUsed(folder)
  return { kind: 'sound', lock, thing }
}

// An entry whose record is right.
export const entryIn = <About>(folder: string, kind: KeptKind<About>, { about, files }: KeptRecord<About>): KeptEntry<About> => ({
  about,
  files: files.map((file, index) => ({ ...file, path: join(folder, kind.fileName(index)) })),
})

const damaged = <Thing>(why: string): Taken<Thing> => ({ kind: 'damaged', why })
