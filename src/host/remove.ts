import { readFile, readdir, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { systemClock } from '../lib/clock'
import type { LedgerEntry } from './ledger'
import { retry } from '../lib/retry'

const seenGoneMs = 5000

// Removes what a ledger entry names, in any process, idempotently; resolves only when the thing is seen to be gone.
export const remove = async (entry: LedgerEntry): Promise<void> => {
  if (entry.kind === 'process') await endProcesses(entry.marker)
  else await removeFolder(entry.path)
}

// What still exists of an entry, in words; empty when nothing does.
export const leftovers = async (entry: LedgerEntry): Promise<readonly string[]> => {
  if (entry.kind === 'process') return (await processesWith(entry.marker)).map((pid) => `process ${pid}`)
  return (await readdir(entry.path).catch(() => undefined)) ? [entry.path] : []
}

const endProcesses = (marker: string): Promise<void> =>
  retry(
    async () => {
      const pids = await processesWith(marker)
      for (const pid of pids) kill(pid)
      if (pids.length > 0) throw new Error(`still running: ${pids.join(', ')}`)
    },
    { when: () => true, delayMs: () => 50, deadlineMs: systemClock.now() + seenGoneMs },
  )

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended meanwhile
  }
}

// Processes whose environment carries the marker. That of another user, as whom QEMU runs when we are root, may be closed to us: what we
// start so has the marker at the end of an argument of its own making.
const processesWith = async (marker: string): Promise<readonly number[]> => {
  const wanted = `IMAGE_TEST_RUN=${marker}`
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => undefined)
      if (environment !== undefined) return environment.split('\0').includes(wanted) ? Number(pid) : undefined
      const words = (await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).split('\0')
      return words.some((word) => word.endsWith(`.${marker}`)) ? Number(pid) : undefined
    }),
  )
  return found.filter((pid) => pid !== undefined)
}

// Only folders that a run made: a damaged ledger must not name anything else.
const removeFolder = async (path: string): Promise<void> => {
  if (!basename(path).startsWith('run-')) throw new Error(`not a folder of ours: ${path}`)
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
