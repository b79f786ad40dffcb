// What the engine tells while it runs. Reporters listen; nothing else does. at*Ms: monotonic from the start of the run.
import type { Stage } from './errors'
import type { Finding, Phase, TestKind, TestResult } from './results'

export type RunEvent = { readonly atMs: number } & (
  | { readonly kind: 'phase'; readonly phase: Phase; readonly title: string } // a new group of the log
  | { readonly kind: 'waiting'; readonly text: string } // what is being waited for now; repeated, so a terminal may overwrite it
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'stage'; readonly machine: string; readonly stage: Stage; readonly sinceStartMs: number }
  | { readonly kind: 'console'; readonly machine: string; readonly text: string } // one line, guest bytes
  | { readonly kind: 'finding'; readonly finding: Finding }
  | {
      readonly kind: 'test-started'
      readonly id: string
      readonly name: string
      readonly test: TestKind
      readonly number: number
      readonly of: number
    }
  | { readonly kind: 'output'; readonly id: string; readonly stream: 'stdout' | 'stderr'; readonly text: string } // decoded, redacted, guest bytes
  | { readonly kind: 'test-finished'; readonly result: TestResult }
)

export type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

// The engine stamps the time itself.
export type Emit = (event: DistributiveOmit<RunEvent, 'atMs'>) => void
