// The only door to what runs machines. Units as in results.ts.
import type { MachineSpec } from '../config/job'
import type { Architecture } from '../lib/architecture'
import type { Disks } from '../images/disks'
import { JobError, type JobErrorDetails } from '../errors'
import type { Accelerator, Finding } from '../results'
import type { Seed } from '../access/seed'

export interface Provider {
  readonly name: MachineSpec['provider']
  // Makes ready on this host what machines will need, as far as that is known before their images are there: it runs beside the fetch.
  // infra-error: it cannot be had.
  prepare(specs: readonly MachineSpec[], context: Context): Promise<void>
  // Says what each machine will be, and why; starts nothing. config-error: such a machine cannot be. infra-error: tool or credentials missing.
  plan(wanted: readonly WantedMachine[], context: Context): Promise<Plan>
  // What this host has of what its machines need; changes nothing. dir: to try things in; absent where nothing can be written.
  examine(dir: string | undefined): Promise<readonly HostCheck[]>
}

export interface HostCheck {
  readonly name: string
  readonly ok: boolean
  readonly needed: boolean // without it no job can run; the others cost speed or a feature
  readonly text: string
}

export interface WantedMachine {
  readonly spec: MachineSpec
  readonly image: Disks
  readonly seed: Seed
  readonly hostKeys?: readonly string[] // OpenSSH public keys when the seed brings them
}

export interface Plan {
  readonly machines: readonly PlannedMachine[]
  readonly tool: string // version of what runs them
  readonly warnings: readonly string[] // what an image asks for and does not get
  // Resolves when the CPUs run, not when the guests are ready (that is guest/ready/ready.ts). All or none: whatever began is seen to end before
  // it rejects. Listeners are there from power-on, so nothing a machine says is missed. config-error | image-error | infra-error
  start(context: Context, listen: (machine: string) => MachineListener): Promise<Testbed>
  // What else may be tried after a failure, where there is something: each provider knows its own.
  next(failed: Failed): Alternative | undefined
}

export interface PlannedMachine {
  readonly name: string
  readonly runBy: string // what runs it, as messages name it
  readonly arch: Architecture
  readonly firmware: string
  readonly firmwareReason: string
  readonly accelerator: Accelerator
}

export interface Failed {
  readonly error: JobError
  readonly findings: readonly Finding[]
  readonly cameUp: boolean // a test ran on it
}

export interface Alternative {
  readonly plan: Plan
  // Where what was chosen was at fault, neither the host nor the image: why, for the user, and whether a finding comes of that alone.
  readonly instead?: { readonly why: string; readonly explains: (finding: Finding) => boolean }
}

// A machine that did not start, with what there is to say of it.
export class StartError extends JobError {
  constructor(
    readonly of: string, // its name
    message: string,
    readonly evidence: Evidence,
    details: JobErrorDetails,
    outcome: 'infra-error' | 'image-error' | 'config-error' = 'infra-error',
  ) {
    super(outcome, message, details)
  }
}

export interface Context {
  readonly signal: AbortSignal
  readonly dir: string // of this attempt; exists
  readonly marker: string // in the environment of every process of the run: by it the ledger finds them
  readonly onProgress: (text: string) => void // what takes its time
}

export interface MachineListener {
  console(chunk: Uint8Array, atMs: number): void // guest bytes, as they come
  event(event: MachineEvent): void // 'gone' is the last
}

// All machines of a job and their network. Disposing it ends them and resolves when they are seen to be gone.
export interface Testbed extends AsyncDisposable {
  readonly id: string // 'main', 'copy-7'
  readonly machines: ReadonlyMap<string, Machine>
}

export interface Machine {
  readonly name: string
  readonly runBy: string // as messages name it
  endpoint(signal: AbortSignal): Promise<Endpoint> // infra-error
  answers(): Promise<boolean> // what runs the machine does, whatever its guest does
  evidence(): Evidence
}

// What there is to see of a machine from outside.
export interface Evidence {
  readonly argv: readonly string[] // how it was started
  readonly log: string // the end of what the hypervisor said so far
  readonly screenshot: () => Promise<Uint8Array | undefined> // PNG
}

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly hostKeys?: readonly string[] // OpenSSH public keys when seeded: the guest has at least one of them
  // How many connections the guest itself has taken, though nothing may have answered on them; absent where that cannot be known.
  readonly taken?: () => Promise<number>
}

export type MachineEvent = { readonly atMs: number } & (
  | { readonly kind: 'running' }
  | { readonly kind: 'panicked' }
  | { readonly kind: 'reset' | 'stopped'; readonly by: 'guest' | 'us' }
  | { readonly kind: 'paused'; readonly cause: 'io-error' | 'host-full' | 'internal-error' | 'image-corrupt' }
  | { readonly kind: 'gone'; readonly exitCode: number | undefined; readonly signal: string | undefined; readonly stderr: string }
)
