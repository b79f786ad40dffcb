// The action: the main step, unless our first argument names another.
import './host/small-heap'
import { getState, info, saveState, setFailed } from '@actions/core'
import type { Runner } from './commands/action-step'
import { actionSteps } from './commands/table'
import { actionInputs } from './config/inputs'

const runner: Runner = {
  env: process.env,
  cwd: () => process.env['GITHUB_WORKSPACE'] ?? process.cwd(),
  inputs: actionInputs,
  state: getState,
  saveState,
  info,
  fail: setFailed,
}

try {
  const name = process.argv[2] ?? 'main'
  const load = actionSteps.get(name)
  if (load === undefined) throw new RangeError(`the action has no step ${name}`)
  const step = await load()
  process.exitCode = await step(runner)
} catch (error) {
  setFailed(error instanceof Error ? error : String(error))
}
// Whatever a library still holds open must not hold the runner.
process.exit()
