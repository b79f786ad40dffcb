import { existsSync } from 'node:fs'
import { trim } from '../images/cache/trim'
import { cleanUp, findRuns, runName } from './workspace'

// Removes what dead runs left and tells of each what was done; runs that still go on are left alone.
export const cleanAll = async (root: string): Promise<{ readonly lines: readonly string[]; readonly ok: boolean }> => {
  const lines: string[] = []
  let ok = true
  for (const { ledger, alive } of findRuns(root)) {
    if (alive) {
      lines.push(`${runName(ledger)}: still running, left alone`)
      continue
    }
    const { left } = await cleanUp(ledger)
    ok &&= left.length === 0
    lines.push(left.length === 0 ? `${runName(ledger)}: removed` : `${runName(ledger)}: could not be removed: ${left.join(', ')}`)
  }
  return { lines: lines.length > 0 ? lines : ['nothing to clean'], ok }
}

// Removes every cached image that no run uses, and tells how many those were.
export const emptyCache = async (dir: string): Promise<string> => {
  const removed = existsSync(dir) ? await trim(dir, 0, new AbortController().signal) : []
  return `${dir}: ${removed.length} image${removed.length === 1 ? '' : 's'} removed`
}
