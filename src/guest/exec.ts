import { randomBytes } from 'node:crypto'
import { systemClock } from '../lib/clock'
import { hostTime } from '../lib/host-time'
import { retry } from '../lib/retry'
import { follow, type Followed } from './proof'
import type { ExecRequest, RawExecResult } from './session'
import type { Channel, Connection } from './ssh'
import { aliveCommand, goneCode, killCommand, remoteCommand, wrapperProgram } from './wrapper'

// How long a killed command's outputs may take to end before we stop listening.
const afterKillMs = 2000
const killChannelMs = 5000
const cancelledKillMs = 1000
// A killed process stays visible until its parent, or init, has taken note; some inits look only every few seconds.
const seenGoneMs = 5000

export interface Execution extends ExecRequest {
  readonly uid?: number // of the login: without `as` it must be this one
}

// What only the program on stdin knows, and what only the command line tells.
export const newToken = (): string => `image-test-${randomBytes(12).toString('hex')}`
export const newProof = (): string => randomBytes(8).toString('hex')

// Runs a script in the guest and tells how it ended. Never throws for what the guest does. An aborted signal kills the script as a
// timeout does and then throws the signal's reason.
export const execute = async (connection: Connection, request: Execution, signal: AbortSignal): Promise<RawExecResult> => {
  signal.throwIfAborted()
  const startedMs = systemClock.now()
  const durationMs = (): number => systemClock.now() - startedMs
  const token = newToken()
  const asked = newProof()
  let channel: Channel
  try {
    channel = await opened(connection.open(remoteCommand(request.as, asked)), signal)
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'lost', cause: messageOf(error), durationMs: durationMs() }
  }
  const command = follow(channel, connection, token, request)
  channel.stream.write(wrapperProgram({ ...request, token, asked }))

  const timeout = timer(request.timeoutMs)
  const aborted = abortion(signal)
  const first = await Promise.race([
    command.ended,
    connection.lost.then((error) => ({ kind: 'lost' as const, cause: messageOf(error) })),
    timeout.promise.then(() => 'timeout' as const),
    aborted.promise.then(() => 'abort' as const),
  ])
  timeout.clear()
  try {
    if (first === 'abort') {
      await killAtOnce(connection, request, command)
      signal.throwIfAborted()
    }
    if (first !== 'timeout' && first !== 'abort') return { ...first, durationMs: durationMs() }
    const ended = await Promise.race([overdue(connection, request, command), aborted.promise])
    signal.throwIfAborted()
    return { ...(ended ?? { kind: 'timed-out', killed: false }), durationMs: durationMs() }
  } finally {
    aborted.clear()
    command.stop()
  }
}

// What becomes of a command whose time is over.
const overdue = async (connection: Connection, request: ExecRequest, command: Followed): Promise<Overdue> => {
  const limit = `${request.timeoutMs / 1000} s`
  const isStarted = command.leader() !== undefined
  const group = isStarted ? await killGroup(connection, request, command) : await anything(connection)
  if (group === 'silent') {
    const patience = timer(connection.silentMs) // a guest that stands still is no command that hangs
    const error = await Promise.race([connection.lost, patience.promise])
    patience.clear()
    if (error) return { kind: 'lost', cause: `it did not end within ${limit}, and nothing answered any more: ${messageOf(error)}` }
  }
  return isStarted ? { kind: 'timed-out', killed: group === 'gone' } : { kind: 'not-started', cause: `nothing of it ran within ${limit}` }
}

type Overdue = { readonly kind: 'timed-out'; readonly killed: boolean } | { readonly kind: 'not-started' | 'lost'; readonly cause: string }

const anything = async (connection: Connection): Promise<'there' | 'silent'> =>
  (await remote(connection, 'true')) === undefined ? 'silent' : 'there'

// A guest that takes no command for so long does not answer any more.
const openMs = 30_000

const opened = async (opening: Promise<Channel>, signal: AbortSignal): Promise<Channel> => {
  opening.catch(() => undefined)
  const limit = timer(openMs)
  const aborted = abortion(signal)
  const late = Promise.race([limit.promise, aborted.promise]).then(() => {
    throw new Error(`the guest took no command within ${openMs / 1000} s`)
  })
  try {
    return await Promise.race([opening, late])
  } finally {
    limit.clear()
    aborted.clear()
  }
}

// A cancelled job has no time to see what becomes of the command; its machine goes soon.
const killAtOnce = async (connection: Connection, { as }: ExecRequest, command: Followed): Promise<void> => {
  const leader = command.leader()
  const limit = timer(cancelledKillMs)
  if (leader !== undefined) await Promise.race([remote(connection, killCommand(as, leader, 'KILL')), limit.promise])
  limit.clear()
}

// TERM to the command's process group, KILL after the grace; silent: nothing answers that could do it.
const killGroup = async (
  connection: Connection,
  { as, killGraceMs }: ExecRequest,
  command: Followed,
): Promise<'gone' | 'there' | 'silent'> => {
  const leader = command.leader()
  if (leader === undefined) return 'there'
  const politely = await remote(connection, killCommand(as, leader, 'TERM'))
  const polite = timer(killGraceMs)
  await Promise.race([command.ended, polite.promise])
  polite.clear()
  const forcibly = await remote(connection, killCommand(as, leader, 'KILL'))
  if (politely === undefined && forcibly === undefined) return 'silent'
  const drained = timer(afterKillMs)
  await Promise.race([command.ended, drained.promise])
  drained.clear()
  return (await seenGone(connection, aliveCommand(as, leader))) ? 'gone' : 'there'
}

const seenGone = (connection: Connection, alive: string): Promise<boolean> => {
  const gone = async (): Promise<true> => {
    if ((await remote(connection, alive)) !== goneCode) throw new Error('still there')
    return true
  }
  return retry(gone, { when: () => true, delayMs: () => 100, deadlineMs: systemClock.now() + seenGoneMs }).catch(() => false)
}

// The exit code of a short command over a channel of its own; undefined when the guest does not answer.
const remote = async (connection: Connection, command: string): Promise<number | undefined> => {
  const limit = timer(killChannelMs)
  const answer = connection
    .open(command)
    .then(async ({ stream, closed }) => {
      stream.resume()
      stream.stderr.resume()
      return (await closed).code
    })
    .catch(() => undefined)
  const code = await Promise.race([answer, limit.promise.then(() => undefined)])
  limit.clear()
  return code
}

const timer = (ms: number) => {
  let clear: () => void = () => undefined
  const promise = new Promise<void>((resolve) => (clear = hostTime.after(ms, resolve)))
  return { promise, clear }
}

const abortion = (signal: AbortSignal) => {
  let stop: () => void = () => undefined
  const promise = new Promise<void>((resolve) => {
    stop = () => {
      resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
  })
  return {
    promise,
    clear: () => {
      signal.removeEventListener('abort', stop)
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
