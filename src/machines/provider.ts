// The seam between what a job wants and what runs machines. start resolves when the CPUs run, not when the guest is ready
// (that is guest/ready/ready.ts). Units as in results.ts.
import type { DiskBus, Hardware, Nic } from '../config/job'
import type { Architecture } from '../lib/architecture'
import type { Disks } from '../images/disks'
import { JobError, type JobErrorDetails } from '../errors'
import type { Accelerator } from '../results'
import type { Seed } from '../access/seed'

export interface Provider {
  readonly name: 'qemu' | 'existing' | 'ec2'
  // Looks at the host and starts nothing. infra-error: tool or credentials missing.
  plan(context: Context): Promise<Plan>
  // Listeners are there from power-on, so nothing a machine says is missed. config-error | image-error | infra-error
  start(machines: readonly MachineRequest[], plan: Plan, context: Context, listen: (machine: string) => MachineListener): Promise<Testbed>
}

// A machine that did not start, with what there is to say of it.
export class StartError extends JobError {
  constructor(
    message: string,
    readonly argv: readonly string[],
    readonly stderr: string,
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
}

export interface MachineRequest {
  readonly name: string
  readonly image: Disks
  readonly arch: Architecture
  readonly memoryBytes: number
  readonly cpus: number
  readonly diskBytes?: number // may only grow the disk
  readonly sectorBytes?: 4096 // of its first disk; absent: 512
  readonly firmware: 'bios' | 'uefi' | 'uefi-secure'
  readonly hardware: Hardware & { readonly diskBus: DiskBus; readonly nic: Nic }
  readonly hostKeys?: readonly string[] // OpenSSH public keys when the seed brings them
  readonly seed: Seed
  readonly qemuArgs: readonly string[]
}

export interface Plan {
  readonly accelerator: Accelerator
  readonly tool: string // version of what runs the machines
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
  readonly firmware: string
  readonly argv: readonly string[]
  endpoint(signal: AbortSignal): Promise<Endpoint> // infra-error
  power(action: 'reset' | 'shutdown' | 'off', graceMs: number): Promise<void>
  screenshot(): Promise<Uint8Array | undefined> // PNG
  answers(): Promise<boolean> // what runs the machine does, whatever its guest does
  stderr(): string // the end of what the hypervisor said
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
