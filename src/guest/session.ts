import type { ExecResult, OsFacts } from '../results'
import { execute } from './exec'
import type { Facts } from './facts'
import type { Connection } from './ssh'

// A logged-in connection to one machine. exec never throws for what the guest does.
export interface Session extends AsyncDisposable {
  readonly machine: string
  readonly user: string
  readonly bootId: string
  readonly os: OsFacts | undefined
  readonly hasBash: boolean
  readonly hasJournal: boolean
  readonly isLost: () => boolean
  exec(request: ExecRequest, signal: AbortSignal): Promise<RawExecResult>
}

export interface ExecRequest {
  readonly script: string
  readonly shell: string // a template with {0}, where the script's file name goes
  readonly as?: string // through sudo -n -u
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly killGraceMs: number // TERM, then KILL, to the remote process group
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void
}

// ExecResult without what was captured: the caller sees every byte through onOutput.
export type RawExecResult = ExecResult extends infer R ? (R extends ExecResult ? Omit<R, 'stdout' | 'stderr'> : never) : never

export const openSession = (
  machine: string,
  user: string,
  connection: Connection,
  { bootId, uid, os, hasBash, hasJournal }: Facts,
): Session => ({
  machine,
  user,
  bootId,
  os,
  hasBash,
  hasJournal,
  isLost: connection.isLost,
  exec: (request, signal) => execute(connection, { ...request, uid }, signal),
  [Symbol.asyncDispose]: () => {
    connection.end()
    return Promise.resolve()
  },
})
