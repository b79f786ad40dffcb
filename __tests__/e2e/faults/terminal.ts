// Starts the terminal command as somebody at a shell would.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Finished, Started, Step } from '../runner'

const command = resolve('dist/cli/index.js')

export const startTerminal = (step: Step): Started =>
  start(step, ['run', ...Object.entries(step.inputs).map(([name, value]) => `--${name}=${value}`)])

export const runTerminal = (step: Step, args: readonly string[]): Promise<Finished> => start(step, args).finished

const start = (step: Step, args: readonly string[]): Started => {
  const startedMs = performance.now()
  const child = spawn(step.node, [command, ...args], {
    // RUNNER_TEMP, for its place: what is left is found by it.
    env: { PATH: process.env.PATH ?? '', HOME: step.dir, RUNNER_TEMP: step.temp, ...step.env },
    cwd: step.workspace,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  return {
    pid: child.pid ?? 0,
    log: () => log,
    finished: new Promise((tell) =>
      child.on('close', (exitCode, signal) => {
        tell({ exitCode, signal, log, durationMs: performance.now() - startedMs })
      }),
    ),
    kill: (signal) => child.kill(signal),
  }
}
