// Whether the run that wrote a ledger still lives. The kernel's lock on the ledger tells, also between containers that share a folder; a process
// number names somebody else in each of them, so it counts only where there is no lock, and only at home.
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { tryLock } from './file-lock'
import { readHeading, type Heading } from './ledger'

export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string // since boot: tells a reused number from the process that wrote the ledger
  readonly namespace?: string // in which the number means something
}

export interface FoundRun {
  readonly state: 'alive' | 'dead' | 'unknown' // unknown: of another container, without locks
  readonly release: () => Promise<void> // whoever looks at a dead run has it for himself until then
}

export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTicks: startTicks(process.pid) ?? '',
  namespace: ownNamespace(),
})

// Ledgers of the runs under a root.
export const ledgersIn = (root: string): readonly string[] =>
  (existsSync(root) ? readdirSync(root) : []).filter((name) => /^run-[\w-]+\.ledger\.jsonl$/.test(name)).map((name) => join(root, name))

const lockMs = 10_000

export const lookAt = async (ledger: string, namespace = ownNamespace()): Promise<FoundRun> => {
  const lock = await tryLock({ path: ledger, mode: 'exclusive', signal: AbortSignal.timeout(lockMs) }).catch(() => 'no locks' as const)
  if (lock === undefined) return { state: 'alive', release: () => Promise.resolve() }
  const { owner, locked } = headingOf(ledger)
  const ofLock = locked === true && lock !== 'no locks'
  return {
    state: ofLock ? 'dead' : stateOf(owner, namespace),
    release: () => (lock === 'no locks' ? Promise.resolve() : lock.release()),
  }
}

// Where no lock tells. A ledger without an owner was cut short before anything else was made.
const stateOf = (owner: ProcessIdentity | undefined, namespace: string): FoundRun['state'] => {
  if (owner === undefined) return 'dead'
  if ((owner.namespace ?? namespace) !== namespace) return 'unknown'
  if (startTicks(owner.pid) === owner.startTicks) return 'alive'
  return 'dead'
}

const headingOf = (ledger: string): Heading<ProcessIdentity> => {
  try {
    return readHeading(ledger)
  } catch {
    return {} // removed meanwhile
  }
}

const ownNamespace = (): string => readlinkSync('/proc/self/ns/pid')

// proc(5): field 22 of stat; the program's name in field 2 may hold spaces and brackets.
const startTicks = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
