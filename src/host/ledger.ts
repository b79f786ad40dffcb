import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { waitLock } from './file-lock'
import { makeFolder } from './files/make-folder'

// What exists because of us. An entry alone is enough to remove the thing from another process. A process is named by a marker in its
// environment: a pid is only known when the process already exists, and may be reused.
export type LedgerEntry = { readonly kind: 'process'; readonly marker: string } | { readonly kind: 'path'; readonly path: string }

export interface Ledger {
  readonly file: string
  readonly locked: boolean // by us, as long as we live; false where the system has no locks
  add(entry: LedgerEntry): void // on disk (fsync) when it returns: call it before the thing exists
  done(entry: LedgerEntry): void
  release(): Promise<void> // of the lock
}

// What the first lines say of who writes it, for whoever finds it later.
export interface Heading<Owner> {
  readonly owner?: Owner
  readonly locked?: boolean // whose lock is gone is dead
}

const lockMs = 10_000 // whoever looks at it has it for a moment; a file system may have no locks, or never answer

// owner: tells who writes it, where no lock does.
export const openLedger = async (file: string, owner: object): Promise<Ledger> => {
  makeFolder(dirname(file))
  let cut = false // the last line, by a disk that became full: the next must not go on in it
  const append = (line: object, sync: boolean): void => {
    const fd = openSync(file, 'a', 0o600)
    try {
      const bytes = Buffer.from(`${cut ? '\n' : ''}${JSON.stringify(line)}\n`)
      for (let from = 0; from < bytes.length;) {
        from += writeSync(fd, bytes, from) // a disk takes a part before it says that it is full
        cut = from < bytes.length
      }
      if (sync) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }
  append({ owner }, true)
  const lock = await waitLock({ path: file, mode: 'exclusive', signal: AbortSignal.timeout(lockMs) }, () => undefined).catch(
    () => undefined,
  )
  if (lock !== undefined) append({ locked: true }, true)
  return {
    file,
    locked: lock !== undefined,
    release: async () => lock?.release(),
    add: (entry) => {
      append({ add: entry }, true)
    },
    done: (entry) => {
      append({ done: entry }, false)
    },
  }
}

export const readHeading = <Owner>(file: string): Heading<Owner> => {
  const lines = readFileSync(file, 'utf8').split('\n', 2)
  return Object.assign({}, ...lines.map((line) => parse(line) ?? {})) as Heading<Owner>
}

// Entries that were added and never reported done, newest first, so that a process goes before the folder it writes to.
// A last line that a crash cut short is passed over: its thing was never made.
export const readLedger = (file: string): readonly LedgerEntry[] => {
  const open = new Map<string, LedgerEntry>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const record = parse(line)
    if (record?.add) open.set(JSON.stringify(record.add), record.add)
    if (record?.done) open.delete(JSON.stringify(record.done))
  }
  return [...open.values()].reverse()
}

const parse = (line: string): { add?: LedgerEntry; done?: LedgerEntry } | undefined => {
  try {
    return JSON.parse(line) as { add?: LedgerEntry; done?: LedgerEntry }
  } catch {
    return undefined
  }
}
