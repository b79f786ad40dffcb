// What a guest is asked to run, and what came of it.
import type { ExecResult } from '../../results'

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
