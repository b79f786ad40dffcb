import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { makeFolder } from '../lib/folder'
import { openLedger, readLedger, type Ledger, type LedgerEntry } from '../lib/ledger'
import { leftovers, remove } from '../machines/remove'

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
export const openWorkspace = (root: string, marker: string = randomUUID()): Workspace => {
  const dir = folderOf(root, marker)
  try {
    const ledger = openLedger(ledgerOf(root, marker), ownIdentity())
    ledger.add({ kind: 'path', path: dir })
    ledger.add({ kind: 'process', marker })
    makeFolder(dir, 0o700)
    return { dir, marker, ledger }
  } catch (error) {
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

export interface DeadRun {
  readonly ledger: string
  readonly alive: boolean // its process still runs: leave it alone
}

// The runs whose ledgers lie under a root.
export const findRuns = (root: string): readonly DeadRun[] =>
  (existsSync(root) ? readdirSync(root) : [])
    .filter((name) => /^run-[\w-]+\.ledger\.jsonl$/.test(name))
    .map((name) => ({ ledger: join(root, name), alive: isAlive(ownerOf(join(root, name))) }))

const ownerOf = (ledger: string): Identity | undefined => {
  try {
    return (JSON.parse(readFileSync(ledger, 'utf8').split('\n')[0] ?? '') as { owner?: Identity }).owner
  } catch {
    return undefined
  }
}

interface Identity {
  readonly pid: number
  readonly startTicks: string // since boot: tells a reused pid from the process that wrote the ledger
}

const ownIdentity = (): Identity => ({ pid: process.pid, startTicks: startTicks(process.pid) ?? '' })

const isAlive = (owner: Identity | undefined): boolean => owner !== undefined && startTicks(owner.pid) === owner.startTicks

// proc(5): field 22 of stat; the program's name in field 2 may hold spaces and brackets.
const startTicks = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

export const runName = (ledger: string): string => basename(ledger, '.ledger.jsonl')
