// A logged-in connection to one machine. exec never throws for what the guest does.
import type { ExecResult, OsFacts } from '../results'

export interface Session extends AsyncDisposable {
  readonly machine: string
  readonly user: string
  readonly bootId: string
  readonly os: OsFacts | undefined
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
