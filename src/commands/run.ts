// `run` on the terminal, and the main step of the action.
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { inputNames } from '../config/fields/inputs'
import type { Report } from '../config/problems'
import { exitCodes, toJobError, type JobError } from '../errors'
import { runsRoot } from '../host/places'
import { folderOf, ledgerOf } from '../host/workspace'
import { quote } from '../lib/wording'
import { writeForRunner } from '../report/runner-files'
import { printResult } from '../report/stdout/print-result'
import { cancelledExitCode, onCancel } from '../run/cancel'
import type { ActionStep } from './action-step'
import { command, inputsAmong, isOn, jsonFlag, type GivenWords } from './command'
import { runFromInputs } from './run-from-inputs'
import { workingFolder } from './working-folder'

// The exit code is that of the verdict, or 128 and the number of the signal that cancelled the run.
export const runCommand = command({
  usage: 'image-test run [JOB.yml] [OPTIONS]',
  description: 'Boots an image and runs the tests of a job file, or the ones given with --commands or --run.',
  inputs: inputNames,
  flags: { json: jsonFlag, keep: 'Leaves the machine up and prints how to log in.' },
  read: (given, report) => ({ inputs: withJobFile(given, report), json: isOn(given, 'json'), keep: isOn(given, 'keep') }),
  execute: async ({ inputs, json, keep }) => {
    const root = runsRoot(process.env)
    const marker = randomUUID()
    const cancellation = onCancel(() => {
      rmSync(folderOf(root, marker), { recursive: true, force: true }) // machines die with us
      process.exit(cancelledExitCode('SIGINT'))
    })
    const result = await runFromInputs({
      inputs,
      onRunner: false,
      env: process.env,
      cwd: workingFolder(),
      marker,
      signal: cancellation.signal,
      log: json ? process.stderr : process.stdout, // stdout is then for the program that reads it
      keep,
    })
    if (json) await printResult(JSON.stringify(result, undefined, 2))
    const { outcome } = result
    return outcome === 'cancelled' ? cancelledExitCode(cancellation.by()) : exitCodes[outcome]
  },
})

// The file that follows `run` is the input `config`.
const withJobFile = (given: GivenWords, report: Report): Readonly<Record<string, string>> => {
  const [config, ...others] = given.positionals
  for (const extra of others) report(`image-test run takes one job file; ${quote(extra)} is one too many`)
  if (config !== undefined && given.flags.has('config')) report(`the job file is given twice, as ${quote(config)} and with --config`)
  const inputs = inputsAmong(given)
  return config === undefined ? inputs : { ...inputs, config }
}

export const mainStep: ActionStep = async ({ inputs, env, cwd, saveState }) => {
  const marker = randomUUID()
  // Before anything exists, so that the post step finds it whatever happens to this process.
  const obstacle = unsaved(() => {
    saveState('ledger', ledgerOf(runsRoot(env), marker))
  })
  const { signal } = onCancel(() => process.exit(1)) // machines die with us, the post step removes the rest
  const { outcome } = await runFromInputs({ inputs: inputs(), onRunner: true, env, cwd: cwd(), marker, signal, obstacle })
  return outcome === 'passed' ? 0 : 1
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
