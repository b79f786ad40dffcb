import type { OsFacts } from '../results'
import { execute } from './command/exec'
import type { Facts } from './facts'
import type { ExecRequest, RawExecResult } from './command/request'
import type { Connection } from './ssh'

// A logged-in connection to one machine. exec never throws for what the guest does.
export interface Session extends AsyncDisposable {
  readonly machine: string
  readonly user: string
  readonly hostKey: string // OpenSSH public key that its server has proved
  readonly bootId: string
  readonly os: OsFacts | undefined
  readonly hasBash: boolean
  readonly hasJournal: boolean
  readonly isLost: () => boolean
  exec(request: ExecRequest, signal: AbortSignal): Promise<RawExecResult>
}

export const openSession = (
  machine: string,
  user: string,
  connection: Connection,
  { bootId, uid, os, hasBash, hasJournal }: Facts,
): Session => ({
  machine,
  user,
  hostKey: connection.hostKey,
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
