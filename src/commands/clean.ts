import { existsSync } from 'node:fs'
import { trim } from '../host/kept/trim'
import { imageShelf } from '../images/cache/record'
import { ledgersIn, lookAt } from '../host/owner'
import { cleanUp, runName } from '../host/workspace'

const words = {
  alive: 'still running, left alone',
  dead: 'removed',
  unknown: 'left alone: it is of another container and may still run; run `image-test clean` there, or remove its folder and its ledger',
} as const

// Removes what dead runs left and tells of each what was done; runs that still go on are left alone.
export const cleanAll = async (root: string): Promise<{ readonly lines: readonly string[]; readonly ok: boolean }> => {
  const lines: string[] = []
  let ok = true
  for (const ledger of ledgersIn(root)) {
    const { state, release } = await lookAt(ledger)
    try {
      const { left } = state === 'dead' ? await cleanUp(ledger) : { left: [] }
      ok &&= left.length === 0
      lines.push(`${runName(ledger)}: ${left.length === 0 ? words[state] : `could not be removed: ${left.join(', ')}`}`)
    } finally {
      await release()
    }
  }
  return { lines: lines.length > 0 ? lines : ['nothing to clean'], ok }
}

// Removes every cached image that no run uses, and tells how many those were.
export const emptyCache = async (dir: string): Promise<string> => {
  const removed = existsSync(dir) ? await trim(imageShelf(dir), 0, new AbortController().signal) : []
  return `${dir}: ${removed.length} image${removed.length === 1 ? '' : 's'} removed`
}
