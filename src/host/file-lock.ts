// Locks of the kernel on files (flock(2)): between processes, also of several containers that share a folder. Node has no call for them, so a
// child holds each; it dies with us, and the lock with it, even by SIGKILL.
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { startBound } from './process'

export interface Lock {
  release(): Promise<void> // may be left to the end of our process
}

export interface LockRequest {
  readonly path: string // of a file that exists; a link to one is none
  readonly mode: 'shared' | 'exclusive' // many may share; an exclusive one stands alone
  readonly signal: AbortSignal
}

const conflict = 75 // EX_TEMPFAIL; flock's own 1 may also come from what it runs

// undefined when somebody else holds it. Throws when the file is not there or cannot be locked, or the signal's reason.
export const tryLock = (request: LockRequest): Promise<Lock | undefined> => attempt(request, ['--nonblock'])

// Waits for whoever holds it, as long as the signal allows; onWait is told before.
export const waitLock = async (request: LockRequest, onWait: () => void): Promise<Lock> => {
  const free = await tryLock(request)
  if (free !== undefined) return free
  onWait()
  const lock = await attempt(request, [])
  if (lock === undefined) throw new Error(`${request.path} cannot be locked`)
  return lock
}

const attempt = async ({ path, mode, signal }: LockRequest, how: readonly string[]): Promise<Lock | undefined> => {
  signal.throwIfAborted()
  const fd = openFile(path)
  const flock = ['--no-fork', '--conflict-exit-code', String(conflict), ...how, `--${mode}`, '/proc/self/fd/3']
  // The file may be of another user, which only a capability opens to root.
  const holder = startBound({
    file: 'flock',
    args: [...flock, 'sh', '-c', 'echo held; exec sleep infinity'],
    extraPipes: 0,
    inherited: [fd],
    keepsCapabilities: true,
  })
  closeSync(fd)
  const [, stdout, stderr] = holder.stdio as readonly [unknown, Readable, Readable]
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const held = new Promise<undefined>((resolve) =>
    stdout.once('data', () => {
      resolve(undefined)
    }),
  )
  const give = (): void => {
    holder.kill('SIGKILL')
  }
  signal.addEventListener('abort', give, { once: true })
  try {
    const ended = await Promise.race([held, holder.exited])
    signal.throwIfAborted()
    if (ended?.exitCode === conflict) return undefined
    if (ended !== undefined) throw new Error(`${path} cannot be locked: ${ended.missing ? 'there is no setpriv' : complaint.trim()}`)
  } finally {
    signal.removeEventListener('abort', give)
  }
  stdout.destroy()
  stderr.destroy()
  holder.unref()
  return {
    release: async () => {
      holder.ref() // or nothing may be left that our process goes on for
      give()
      await holder.exited
    },
  }
}

// By its name flock itself would make a file that is missing, also behind a link, and wait at a pipe.
const openFile = (path: string): number => {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/, open .*$/s, '') : String(cause)
    throw new Error(`${path} cannot be locked: ${why}`, { cause })
  }
  throw new Error(`${path} cannot be locked: it is no file`)
}
