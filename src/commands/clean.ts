// `clean`: what dead runs left, and the cache of images.
import { existsSync } from 'node:fs'
import { trim } from '../host/kept/trim'
import { imageShelf } from '../images/cache/record'
import { exitCodes } from '../errors'
import { imageCacheDir, runsRoot } from '../host/places'
import { ledgersIn, lookAt } from '../host/owner'
import { cleanUp, runName } from '../host/workspace'
import { printResult } from '../report/stdout/print-result'
import { command, isOn, refuseWords } from './command'

// 5 when something could not be removed.
export const cleanCommand = command({
  usage: 'image-test clean [--cache]',
  description: 'Removes what an interrupted run has left behind.',
  flags: { cache: 'Empties the cache of images as well, but for what a run uses.' },
  read: (given, report) => {
    refuseWords('clean', given, report)
    return { cache: isOn(given, 'cache') }
  },
  execute: async ({ cache }) => {
    const { lines, ok } = await cleanAll(runsRoot(process.env))
    await printResult(lines.join('\n'))
    if (cache) await printResult(await emptyCache(imageCacheDir(process.env)))
    return ok ? 0 : exitCodes['infra-error']
  },
})

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
const emptyCache = async (dir: string): Promise<string> => {
  const removed = existsSync(dir) ? await trim(imageShelf(dir), 0, new AbortController().signal) : []
  return `${dir}: ${removed.length} image${removed.length === 1 ? '' : 's'} removed`
}
