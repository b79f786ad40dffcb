// The action: main and post in one bundle.
import './host/small-heap'
import { randomUUID } from 'node:crypto'
import { getState, info, saveState, setFailed } from '@actions/core'
import { runFromInputs } from './commands/run'
import { actionInputs } from './config/inputs'
import { toJobError, type JobError } from './errors'
import { writeForRunner } from './report/runner-files'
import { onCancel } from './run/cancel'
import { runsRoot } from './host/places'
import { resolveAction } from './commands/resolve'
import { cleanUp, ledgerOf } from './host/workspace'

const main = async (): Promise<void> => {
  const marker = randomUUID()
  // Before anything exists, so that the post step finds it whatever happens to this process.
  const obstacle = unsaved(() => {
    saveState('ledger', ledgerOf(runsRoot(process.env), marker))
  })
  const cancellation = onCancel(() => process.exit(1)) // QEMU dies with us, the post step removes the rest
  const { outcome } = await runFromInputs({
    inputs: actionInputs(),
    onRunner: true,
    env: process.env,
    cwd: process.env['GITHUB_WORKSPACE'] ?? process.cwd(),
    marker,
    signal: cancellation.signal,
    obstacle,
  })
  process.exitCode = outcome === 'passed' ? 0 : 1
}

// A run that nobody could clean up after does not begin.
const unsaved = (save: () => void): JobError | undefined => {
  try {
    writeForRunner('GITHUB_STATE', 'the post step could not remove what this run would leave', save)
    return undefined
  } catch (error) {
    return toJobError(error)
  }
}

const post = async (ledger: string): Promise<void> => {
  const { removed, left } = await cleanUp(ledger)
  if (removed > 0) info(`removed what the run left behind: ${removed} thing${removed === 1 ? '' : 's'}`)
  if (left.length > 0) setFailed(`could not be removed: ${left.join(', ')}`)
}

// The sub-action, which starts nothing that could be left behind.
const resolve = async (): Promise<void> => {
  const { signal } = onCancel(() => process.exit(1))
  const inputs = actionInputs()
  const cwd = process.env['GITHUB_WORKSPACE'] ?? process.cwd()
  process.exitCode = (await resolveAction({ inputs, env: process.env, cwd, signal })) ? 0 : 1
}

const ledger = getState('ledger')
try {
  if (process.argv[2] === 'resolve') await resolve()
  else if (ledger !== '') await post(ledger)
  else if (process.argv[2] !== 'post') await main() // else the main step made nothing
} catch (error) {
  setFailed(error instanceof Error ? error : String(error))
}
// Whatever a library still holds open must not hold the runner.
process.exit()
