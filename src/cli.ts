#!/usr/bin/env node
// The terminal command `image-test`.
import './host/small-heap'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { runFromInputs } from './commands/run'
import { parseArguments, type Arguments } from './config'
import { exitCodes, JobError, toJobError } from './errors'
import { printResult as print } from './report/stdout/stdout'
import { cancelledExitCode, onCancel } from './run/cancel'
import { cleanAll, emptyCache } from './commands/clean'
import { examineHost, renderDiagnosis } from './commands/doctor'
import { readConsole } from './commands/explain'
import { readConsoleFile } from './commands/explain-file'
import { renderReading } from './commands/explain-text'
import { imageCacheDir, runsRoot } from './host/places'
import { renderIdentity, resolveFromInputs } from './commands/resolve'
import { version } from './run/version'
import { folderOf } from './host/workspace'

// It may have been removed while a shell stands in it.
const workingFolder = (): string => {
  try {
    return process.cwd()
  } catch (cause) {
    throw new JobError('config-error', 'the working folder is not there any more', {
      hint: 'Go to a folder that is, and run again.',
      cause,
    })
  }
}

const execute = async (args: Arguments): Promise<number> => {
  if (args.command !== 'help' && args.command !== 'version') workingFolder() // what is started begins there as well
  switch (args.command) {
    case 'help':
      await print(args.text)
      return 0
    case 'version':
      await print(version)
      return 0
    case 'resolve':
      return resolve(args)
    case 'clean': {
      const { lines, ok } = await cleanAll(runsRoot(process.env))
      await print(lines.join('\n'))
      if (args.cache) await print(await emptyCache(imageCacheDir(process.env)))
      return ok ? 0 : exitCodes['infra-error']
    }
    case 'doctor': {
      const diagnosis = await examineHost(runsRoot(process.env))
      await print(args.json ? JSON.stringify(diagnosis, undefined, 2) : renderDiagnosis(diagnosis))
      return diagnosis.ready ? 0 : exitCodes['infra-error']
    }
    case 'explain': {
      const reading = readConsole(await readConsoleFile(args.file, { cwd: workingFolder(), env: process.env }), {
        accelerator: args.accelerator,
      })
      await print(args.json ? JSON.stringify(reading, undefined, 2) : renderReading(reading))
      return 0
    }
    case 'run':
      return runJob(args)
  }
}

const resolve = async ({ inputs, json }: Arguments & { command: 'resolve' }): Promise<number> => {
  const { signal, by } = onCancel(() => process.exit(cancelledExitCode('SIGINT')))
  try {
    const warn = (text: string): void => void process.stderr.write(`image-test: ${text}\n`)
    const identity = await resolveFromInputs({ inputs, env: process.env, cwd: workingFolder(), signal }, warn)
    await print(json ? JSON.stringify(identity, undefined, 2) : renderIdentity(identity))
    return 0
  } catch (thrown) {
    if (signal.aborted) return cancelledExitCode(by())
    throw thrown
  }
}

const runJob = async ({ inputs, json, keep }: Arguments & { command: 'run' }): Promise<number> => {
  const root = runsRoot(process.env)
  const marker = randomUUID()
  const cancellation = onCancel(() => {
    rmSync(folderOf(root, marker), { recursive: true, force: true }) // QEMU dies with us
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
  if (json) await print(JSON.stringify(result, undefined, 2))
  const { outcome } = result
  return outcome === 'cancelled' ? cancelledExitCode(cancellation.by()) : exitCodes[outcome]
}

process.stderr.on('error', () => undefined) // nobody reads it
try {
  process.exitCode = await execute(parseArguments(process.argv.slice(2)))
} catch (thrown) {
  const error = toJobError(thrown)
  process.stderr.write(`image-test: ${error.message}\n${error.hint}\n`)
  process.exitCode = exitCodes[error.outcome]
}
process.exit()
