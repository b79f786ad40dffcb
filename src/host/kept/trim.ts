import { lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock } from '../file-lock'
import { freeBytes } from '../files/space'
import { recordPath } from './record'
import { arrivingIn, locksIn, refuseLinks, type Shelf } from './shelf'

// Removes the entries that were used longest ago until the others take no more than so many bytes on the disk, and what killed processes
// left. What is in use stays, and whatever is not ours. Returns the keys that are gone.
export const trim = async (shelf: Shelf, maxBytes: number, signal: AbortSignal): Promise<readonly string[]> => {
  await removeAllLeftovers(shelf, signal)
  const entries = await entriesOf(shelf)
  const removed = await removeOldest(entries, sum(entries) - maxBytes, (name) => removeUnused(shelf, name, signal))
  return removed.map(({ name }) => name)
}

export interface RoomOptions {
  readonly signal: AbortSignal
  readonly onRemoved: (entries: number) => void
}

// The same until so many bytes are free on the disk of the shelf: what is kept is no reason for a job to fail. Returns how many there are.
export const makeRoom = async (shelf: Shelf, bytes: number, { signal, onRemoved }: RoomOptions): Promise<number> => {
  await removeAllLeftovers(shelf, signal)
  const free = await freeBytes(shelf.dir)
  const missing = bytes - free
  if (missing <= 0) return free
  const entries = await entriesOf(shelf)
  if (sum(entries) < missing) return free // nothing is won by removing all of them
  // One that cannot be removed, as by another process at the same time, is not the last.
  const remove = (name: string): Promise<boolean> => removeUnused(shelf, name, signal).catch(() => false)
  const removed = await removeOldest(entries, missing, remove)
  if (removed.length > 0) onRemoved(removed.length)
  // btrfs counts as free what was removed only a while later, but gives it to whoever writes.
  return Math.max(free + sum(removed), await freeBytes(shelf.dir))
}

const sum = (entries: readonly Entry[]): number => entries.reduce((total, { bytes }) => total + bytes, 0)

// Removes one after the other until they took so many bytes. Returns those that are gone.
const removeOldest = async (
  entries: readonly Entry[],
  bytes: number,
  remove: (name: string) => Promise<boolean>,
): Promise<readonly Entry[]> => {
  const removed: Entry[] = []
  for (const entry of entries) {
    if (sum(removed) >= bytes) break
    if (await remove(entry.name)) removed.push(entry)
  }
  return removed
}

interface Entry {
  readonly name: string
  readonly bytes: number
  readonly usedMs: number
}

// The one that was used longest ago first.
const entriesOf = async ({ dir, kind }: Shelf): Promise<readonly Entry[]> => {
  // A link is none of ours: what it leads to is not looked at.
  const names = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const entries = names.filter(kind.isKey).map(async (name): Promise<Entry> => {
    const folder = join(dir, name)
    const files = (await readdir(folder).catch(() => [])).map((file) => lstat(join(folder, file)).catch(() => undefined))
    const blocks = (await Promise.all(files)).reduce((sum, file) => sum + (file?.blocks ?? 0), 0)
    const record = await lstat(recordPath(folder)).catch(() => undefined)
    return { name, bytes: blocks * 512, usedMs: record?.mtimeMs ?? 0 } // holes take no room
  })
  return (await Promise.all(entries)).toSorted((left, right) => left.usedMs - right.usedMs)
}

// false when somebody uses it.
const removeUnused = async ({ dir, kind }: Shelf, name: string, signal: AbortSignal): Promise<boolean> => {
  const folder = join(dir, name)
  const path = join(folder, kind.fileName(0))
  const before = await lstat(path).catch(() => undefined)
  const lock = await tryLock({ path, mode: 'exclusive', signal }).catch(() => undefined)
  if (lock === undefined) return false
  let away: string | undefined
  try {
    const now = await lstat(path).catch(() => undefined)
    if (now === undefined || now.ino !== before?.ino) return false // it was removed, and may be there anew, in use
    away = await mkdtemp(join(arrivingIn(dir), `${name}-`))
    await rename(folder, join(away, 'removed'))
  } finally {
    await lock.release()
    if (away !== undefined) await rm(away, { recursive: true, force: true })
  }
  return true
}

// What a process that was killed left on its way. The caller holds the lock of the key.
export const removeLeftovers = async (arriving: string, key: string): Promise<void> => {
  for (const name of await readdir(arriving)) {
    if (keyOf(name) === key) await rm(join(arriving, name), { recursive: true, force: true })
  }
}

const removeAllLeftovers = async ({ dir, kind }: Shelf, signal: AbortSignal): Promise<void> => {
  const arriving = arrivingIn(dir)
  await refuseLinks(arriving, locksIn(dir))
  for (const key of new Set((await readdir(arriving).catch(() => [])).map(keyOf))) {
    if (!kind.isKey(key)) continue
    const lock = await tryLock({ path: join(locksIn(dir), key), mode: 'exclusive', signal }).catch(() => undefined)
    if (lock === undefined) continue
    try {
      await removeLeftovers(arriving, key)
    } finally {
      await lock.release()
    }
  }
}

const keyOf = (name: string): string => name.slice(0, name.lastIndexOf('-'))
