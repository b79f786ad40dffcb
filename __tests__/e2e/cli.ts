// The terminal command, run as a user runs it.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { RunResult } from '../../src/results'

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly result: RunResult
  readonly reportDir: string
  readonly peakMegabytes: number
  readonly left: readonly string[]
}

const cli = resolve('dist/cli/index.js')

export const home = (): string => mkdtempSync(join(tmpdir(), 'home-'))

// A job file's text beside flags; the result comes from --json.
export const runCli = async (
  flags: readonly string[],
  job?: string,
  folder = home(),
  during?: (pid: number, log: () => string) => Promise<void>,
): Promise<Ran> => {
  if (job !== undefined) writeFileSync(join(folder, 'job.yml'), job)
  const args = ['run', ...(job === undefined ? [] : ['job.yml']), '--json', '--accelerator', 'tcg', ...flags]
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: folder },
  })
  let stdout = ''
  let stderr = ''
  let peak = 0
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const watch = setInterval(() => (peak = Math.max(peak, memoryPeak(child.pid ?? 0))), 50)
  const ended = new Promise<number | null>((tell) => child.on('close', tell))
  await during?.(child.pid ?? 0, () => stderr)
  const exitCode = await ended
  clearInterval(watch)
  if (stdout === '') throw new Error(`no result: ${stderr}`)
  const root = join(folder, '.cache', 'image-test', 'runs')
  return {
    exitCode,
    stdout,
    stderr,
    result: JSON.parse(stdout) as RunResult,
    reportDir: join(folder, 'image-test-report'),
    peakMegabytes: peak / 1024,
    left: readdirSync(root),
  }
}

const memoryPeak = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
