// The one place that starts processes.
import type { Readable, Writable } from 'node:stream'
import { execa } from 'execa'
import { confined, type Confinement } from './confinement'
import { hostTime } from '../lib/host-time'

export interface ProgramRun {
  readonly file: string
  readonly args: readonly string[]
  readonly timeoutMs: number // in which the host ran
  readonly signal?: AbortSignal | undefined
  readonly input?: string | Uint8Array
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>> // added to ours
  readonly encoding?: 'utf8' | 'latin1' // of what it prints; latin1 keeps every byte
  readonly maxBytes?: number // of each output kept, from its start; 1 MiB unless told
}

export interface Finished {
  readonly exitCode: number | undefined // undefined: killed by a signal, or never started
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly missing: boolean // there is no such program
  readonly ok: boolean
}

// What a program left behind may hold its outputs for ever: after its end we listen no longer than this.
const afterEndMs = 1000

// Runs a program to its end. Never throws for what the program does; throws the signal's reason on abort.
export const run = async ({
  file,
  args,
  timeoutMs,
  signal,
  input,
  cwd,
  env,
  encoding = 'utf8',
  maxBytes = 1024 * 1024,
}: ProgramRun): Promise<Finished> => {
  signal?.throwIfAborted()
  const child = execa(file, args, {
    reject: false,
    forceKillAfterDelay: 1000,
    maxBuffer: maxBytes,
    encoding,
    stripFinalNewline: false,
    ...(signal ? { cancelSignal: signal } : {}),
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  })
  let timedOut = false
  const cancel = hostTime.after(timeoutMs, () => {
    timedOut = true
    child.kill()
  })
  let patience: NodeJS.Timeout | undefined
  child.once('exit', () => {
    patience = setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    }, afterEndMs)
  })
  const result = await child
  cancel()
  clearTimeout(patience)
  signal?.throwIfAborted()
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: result.stdout,
    stderr: result.stderr,
    timedOut,
    missing: result.code === 'ENOENT',
    ok: !result.failed && !timedOut,
  }
}

export interface Running {
  readonly pid: number | undefined
  readonly stdio: readonly unknown[]
  readonly exited: Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined; readonly missing: boolean }>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  ref(): void // our process goes on as long as it does
  unref(): void // our process may end without it
}

export interface LongRunning extends Omit<Confinement, 'diesWithUs'> {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly extraPipes: number // sockets to the program at file descriptors 3, 4, …
  readonly inherited?: readonly number[] // open files of ours, at the descriptors after those
}

// Starts a program that lives until it is told to end or until we die, even by SIGKILL. Its stdin is empty; stdio[1] and [2] are to be
// read. Call it from the main thread: the parent-death signal follows the thread that spawned.
export const startBound = ({ file, args, env, cwd, extraPipes, inherited = [], ...confinement }: LongRunning): Running => {
  // execa hands any number on to Node; its types know the first ten.
  const others = [...Array.from({ length: extraPipes }, () => 'pipe' as const), ...inherited.map((fd) => fd as 9)]
  const [program = '', ...rest] = confined({ ...confinement, diesWithUs: true }, [file, ...args])
  const child = execa(program, rest, {
    reject: false,
    buffer: false,
    stdio: ['ignore', 'pipe', 'pipe', ...others],
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  })
  return {
    pid: child.pid,
    stdio: child.stdio,
    exited: child.then(({ exitCode, signal, code }) => ({ exitCode, signal, missing: code === 'ENOENT' })),
    kill: (signal) => void child.kill(signal),
    ref: () => {
      child.ref()
    },
    unref: () => {
      child.unref()
    },
  }
}

export interface Filter {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly finished: Promise<Omit<Finished, 'stdout' | 'timedOut'>> // never rejects
  readonly kill: () => void
}

// Starts a program that turns what is written to stdin into what is read from stdout, for data too large to keep. It ends when its stdin
// does, on abort, or with us, since its stdin closes then. A pipe that breaks shows in `finished`, not as an error of a stream.
export const startFilter = ({ file, args, env, signal }: Pick<ProgramRun, 'file' | 'args' | 'env' | 'signal'>): Filter => {
  const child = execa(file, args, {
    reject: false,
    stdin: 'pipe',
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: 64 * 1024 },
    encoding: 'utf8',
    forceKillAfterDelay: 1000,
    ...(signal ? { cancelSignal: signal } : {}),
    ...(env === undefined ? {} : { env }),
  })
  for (const stream of [child.stdin, child.stdout]) stream.on('error', () => undefined)
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    finished: child.then(({ exitCode, signal: killedBy, stderr, code }) => ({
      exitCode,
      signal: killedBy,
      stderr,
      missing: code === 'ENOENT',
      ok: exitCode === 0,
    })),
    // What it wrote and nobody reads any more would keep `finished` waiting.
    kill: () => {
      child.kill('SIGKILL')
      child.stdout.destroy()
    },
  }
}
