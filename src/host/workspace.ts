import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { makeFolder } from './files/make-folder'
import { ownIdentity } from './owner'
import { openLedger, readLedger, type Ledger, type LedgerEntry } from './ledger'
import { leftovers, remove } from './remove'

// The private folder of one run, everything in it to be thrown away, and the ledger beside it.
export interface Workspace {
  readonly dir: string
  readonly marker: string // in the environment of every process of the run
  readonly ledger: Ledger
}

export interface Cleanup {
  readonly removed: number
  readonly left: readonly string[] // in words; empty when nothing remains
}

// The ledger is on disk before the first thing exists. root: a folder that all runs of this user or step share.
export const openWorkspace = async (root: string, marker: string = randomUUID()): Promise<Workspace> => {
  const dir = folderOf(root, marker)
  let ledger: Ledger | undefined
  try {
    ledger = await openLedger(ledgerOf(root, marker), ownIdentity())
    ledger.add({ kind: 'path', path: dir })
    ledger.add({ kind: 'process', marker })
    makeFolder(dir, 0o700)
    return { dir, marker, ledger }
  } catch (error) {
    await ledger?.release()
    rmSync(ledgerOf(root, marker), { force: true }) // a full disk takes a file, but not what is written to it
    throw error
  }
}

export const folderOf = (root: string, marker: string): string => join(root, `run-${marker}`)
export const ledgerOf = (root: string, marker: string): string => join(root, `run-${marker}.ledger.jsonl`)

// Removes everything a ledger still names and then the ledger, from any process; sees that it is gone.
export const cleanUp = async (ledgerFile: string): Promise<Cleanup> => {
  if (!existsSync(ledgerFile)) return { removed: 0, left: [] }
  const entries = readLedger(ledgerFile)
  const existed = (await leftoversOf(entries)).length
  const failures: string[] = []
  for (const entry of entries) {
    await remove(entry).catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)))
  }
  const left = [...(await leftoversOf(entries)), ...failures]
  if (left.length === 0) rmSync(ledgerFile, { force: true })
  return { removed: existed, left }
}

const leftoversOf = async (entries: readonly LedgerEntry[]): Promise<readonly string[]> =>
  (await Promise.all(entries.map(leftovers))).flat()

export const runName = (ledger: string): string => basename(ledger, '.ledger.jsonl')
