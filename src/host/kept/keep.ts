import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../lib/error-code'
import { tryLock, waitLock, type Lock } from '../file-lock'
import { writeRecord } from './record'
import { settleFile, type KeptFile } from './file'
import { placesOf, type KeptKind, type Shelf } from './shelf'
import { entryIn, takeEntry, type Taking } from './take'
import { removeLeftovers, trim } from './trim'

export interface Keeping<About, Thing> extends Taking<About, Thing> {
  readonly maxBytes: number // on the disk, for all entries; what was used longest ago is removed beyond that
  readonly make: (dir: string) => Promise<Made<About>> // in a folder of its own, out of which its files are taken
  readonly onWait: () => void // another makes it
  readonly onDamaged: (why: string) => void // it is removed and made again
}

export interface Made<About> {
  readonly about: About
  readonly files: readonly { readonly path: string; readonly sha256?: string | undefined }[] // in the order of their names; without a digest they are hashed
}

export interface KeptThing<Thing> {
  readonly thing: Thing
  readonly reused: boolean
  readonly lock: Lock // it stays as long as this is held, or our process lives
}

// The entry of a key: taken when it is there, else made once for all who share the shelf, one process at a time. 'unproven' when what is there
// lacks a proof that is asked for: then nothing is made. The shelf is prepared.
export const keepOnce = async <About, Thing>(
  shelf: Shelf<KeptKind<About>>,
  keeping: Keeping<About, Thing>,
): Promise<KeptThing<Thing> | 'unproven'> => {
  const { key, signal, maxBytes, make, onWait, onDamaged } = keeping
  const places = placesOf(shelf, key)
  const found = await takeEntry(shelf, keeping)
  if (found.kind === 'sound') return { ...found, reused: true }
  if (found.kind === 'unproven') return 'unproven'

  const lock = await waitLock({ path: places.lock, mode: 'exclusive', signal }, onWait)
  try {
    const now = await takeEntry(shelf, keeping) // another may have made it meanwhile
    if (now.kind === 'sound') return { ...now, reused: true }
    if (now.kind === 'unproven') return 'unproven'
    await removeLeftovers(places.arriving, key)
    const arriving = await mkdtemp(join(places.arriving, `${key}-`))
    try {
      if (now.kind === 'damaged') {
        onDamaged(now.why)
        await rename(places.folder, join(arriving, 'damaged')).catch(unlessGone) // another may have removed it
        await rm(join(arriving, 'damaged'), { recursive: true, force: true })
      }
      return await publish(shelf, keeping, { arriving, folder: places.folder, made: await make(arriving) })
    } finally {
      await rm(arriving, { recursive: true, force: true })
    }
  } finally {
    await lock.release()
    if (!signal.aborted) await trim(shelf, maxBytes, signal).catch(() => undefined) // the next one's turn, then
  }
}

const unlessGone = (error: unknown): void => {
  if (codeOf(error) !== 'ENOENT') throw error
}

interface Publishing<About> {
  readonly arriving: string
  readonly folder: string
  readonly made: Made<About>
}

// Gives what was made its name, whole and at once. We hold it before anybody else can see it.
const publish = async <About, Thing>(
  { kind }: Shelf<KeptKind<About>>,
  { open, signal }: Keeping<About, Thing>,
  { arriving, folder, made: { about, files: made } }: Publishing<About>,
): Promise<KeptThing<Thing>> => {
  const entry = join(arriving, 'entry')
  await mkdir(entry, { mode: 0o700 })
  const files: KeptFile[] = []
  for (const [index, { path, sha256 }] of made.entries()) {
    const named = join(entry, kind.fileName(index))
    await rename(path, named)
    files.push(await settleFile(named, sha256, signal))
  }
  const record = { about, files }
  await writeRecord(entry, kind, record)
  const path = join(entry, kind.fileName(0))
  const lock = await tryLock({ path, mode: 'shared', signal })
  if (lock === undefined) throw new Error(`${path} is held by somebody else`)
  await rename(entry, folder)
  return { thing: open(entryIn(folder, kind, record)), reused: false, lock }
}
