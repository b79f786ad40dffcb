import type { OsFacts, ExecResult } from '../results'
import { systemClock } from '../lib/clock'
import { execute } from './exec'
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

export interface Facts {
  readonly bootId: string
  readonly os: OsFacts
  readonly hasBash: boolean
  readonly hasCloudInit: boolean
  readonly hasJournal: boolean
}

export const openSession = (
  machine: string,
  user: string,
  connection: Connection,
  { bootId, os, hasBash, hasJournal }: Facts,
): Session => ({
  machine,
  user,
  bootId,
  os,
  hasBash,
  hasJournal,
  isLost: connection.isLost,
  exec: (request, signal) => execute(connection, request, signal),
  [Symbol.asyncDispose]: () => {
    connection.end()
    return Promise.resolve()
  },
})

// The first command of a session: its answer is the proof that a login works, which a banner is not (pam_nologin).
// undefined: it does not answer in time, or not as it should. Throws the signal's reason.
export const askFacts = async (connection: Connection, signal: AbortSignal): Promise<Facts | undefined> => {
  const answered = new AbortController()
  const late = systemClock.sleep(factsMs, AbortSignal.any([signal, answered.signal])).then(() => undefined)
  try {
    return await Promise.race([ask(connection), late])
  } finally {
    answered.abort()
  }
}

const factsMs = 30_000

const ask = async (connection: Connection): Promise<Facts | undefined> => {
  const { stream, closed } = await connection.open('exec sh')
  let answer = ''
  stream.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  stream.stderr.resume()
  stream.end(
    [
      'cat /proc/sys/kernel/random/boot_id',
      'uname -r',
      'command -v bash >/dev/null 2>&1 && echo bash || echo sh',
      'command -v cloud-init >/dev/null 2>&1 && echo cloud-init || echo none',
      'command -v journalctl >/dev/null 2>&1 && echo journal || echo none',
      'cat /etc/os-release /usr/lib/os-release 2>/dev/null',
      'exit 0\n',
    ].join('\n'),
  )
  const { code } = await Promise.race([closed, connection.lost.then(() => ({ code: undefined }))])
  if (code !== 0) return undefined
  const [bootId = '', kernel = '', shell, cloudInit, journal, ...release] = answer.split('\n')
  return {
    bootId,
    os: osFacts(release, kernel),
    hasBash: shell === 'bash',
    hasCloudInit: cloudInit === 'cloud-init',
    hasJournal: journal === 'journal',
  }
}

// os-release(5): NAME=value, values quoted as in a shell; the first of a name counts (/etc before /usr/lib).
export const osFacts = (release: readonly string[], kernel: string): OsFacts => {
  const values = new Map<string, string>()
  for (const line of release) {
    const [, name, raw] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && raw !== undefined && !values.has(name)) values.set(name, raw.replace(/^(["'])(.*)\1$/, '$2').slice(0, 200))
  }
  const variant = values.get('VARIANT_ID')
  const prettyName = values.get('PRETTY_NAME')
  return {
    id: values.get('ID') ?? 'linux',
    version: values.get('VERSION_ID') ?? '',
    kernel: kernel.slice(0, 200),
    ...(variant === undefined ? {} : { variant }),
    ...(prettyName === undefined ? {} : { prettyName }),
  }
}
