// The fault table: what can break, what is done to bring it about, and what the product must say. Data, but for what has to happen
// before and during a run.
import type { JobOutcome, Stage } from '../../../src/errors'
import type { RunResult, TestOutcome } from '../../../src/results'
import type { Annotation, Step } from '../runner'

export const groups = ['configuration', 'downloads', 'boot', 'lost', 'commands', 'hostile', 'host', 'cancellation', 'systems'] as const
export type Group = (typeof groups)[number]

// 'none': killed before it could say anything.
export type Verdict = JobOutcome | 'none'

export interface Row {
  readonly name: string
  readonly group: Group
  readonly quick: boolean // also in `npm test`
  readonly by?: 'action' | 'terminal' // the action unless told
  readonly cleaner?: 'post' | 'clean' // what removes the leavings of a run that was killed: the post step, or the terminal command
  readonly latency?: string // the name of a fault whose verdict has to come fast: measured many times
  readonly guest?: string // a test guest, which the input `image` names
  readonly inputs?: Readonly<Record<string, string>>
  readonly job?: string // a job file, which the input `config` names
  readonly unless?: () => string | undefined // why it cannot be had on this host
  readonly prepare?: (step: Step) => Promise<Prepared> | Prepared
  readonly during?: (run: Run) => Promise<void>
  readonly expected: Expected
}

export interface Prepared {
  readonly inputs?: Readonly<Record<string, string>> // besides the row's
  readonly env?: Readonly<Record<string, string>>
  readonly node?: string // a program that starts Node in other surroundings
  readonly undo?: () => Promise<unknown> // of what the step's folder does not hold
}

// A run that goes on.
export interface Run {
  readonly step: Step
  readonly pid: number
  readonly log: () => string
  readonly ended: () => boolean
  readonly seen: (sign: string | RegExp, limitSeconds?: number) => Promise<void> // throws at the limit and when the run ends without it
  readonly qemu: (limitSeconds?: number) => Promise<number> // process id of the machine
  readonly faultNow: () => void // the moment from which `reactSeconds` counts, where no sign in the log tells it
  readonly kill: (signal: NodeJS.Signals) => void
}

export interface Expected {
  readonly verdict: Verdict
  readonly exitCode?: number | null // where it is not the verdict's own
  readonly stage?: Stage | readonly Stage[]
  readonly message?: RegExp
  readonly warning?: RegExp // one of results.json
  readonly tests?: Readonly<Record<string, TestOutcome>> // by id; no others may be there
  readonly withinSeconds: number // from start to end
  readonly sign?: RegExp // of the fault, as the log shows it
  readonly reactSeconds?: number // from the sign to the first annotation, or to the end where there is none
  readonly report?: false // there is no place for one
  readonly machine?: boolean // one ran, so there is its console, and after a failure its screen: by the verdict unless told
  readonly check?: (evidence: Evidence) => void | Promise<void> // throws
}

export interface Evidence {
  readonly step: Step
  readonly log: string
  readonly result: RunResult
  readonly annotations: readonly Annotation[]
  readonly reportDir: string
  readonly seconds: number
}

// What came of a row.
export interface Outcome {
  readonly reported: Verdict
  readonly differences: readonly string[] // from what was expected; empty when all is well
  readonly seconds: number
  readonly reactMs: number | undefined
  readonly peakBytes: number // of our own process's memory
  readonly log: string
}

export const emulated = { accelerator: 'tcg', memory: '512M' } as const
