// The seam between what a job wants and what runs machines. start resolves when the CPUs run, not when the guest is ready
// (that is guest/ready.ts). Units as in results.ts.
import type { Line } from '../lib/lines'
import type { Ledger, LedgerEntry } from '../lib/ledger'
import type { Accelerator } from '../results'
import type { Disks } from '../images/disks'

export interface Provider {
  readonly name: 'qemu' | 'existing' | 'ec2'
  // Starts nothing. config-error: cannot be; infra-error: tool or credentials missing.
  plan(machines: readonly MachineRequest[], context: Context): Promise<Plan>
  // image-error | infra-error
  start(plan: Plan, context: Context): Promise<Testbed>
  // Idempotent, from the entry alone, in any process; resolves only when seen to be gone.
  remove(entry: LedgerEntry): Promise<void>
}

export interface Context {
  readonly signal: AbortSignal
  readonly deadlineMs: number // as clock.now() tells it
  readonly ledger: Ledger
  readonly dir: string // of this attempt, exists, removed afterwards
}

export interface MachineRequest {
  readonly name: string
  readonly image: Disks
  readonly arch: 'x86_64' | 'aarch64'
  readonly memoryBytes: number
  readonly cpus: number
  readonly diskBytes?: number // may only grow the disk
  readonly firmware: 'auto' | 'bios' | 'uefi' | 'uefi-secure'
  readonly hostKey?: string // OpenSSH public key when the seed brings one
  readonly seed: readonly SeedFile[] // every byte put into the guest
  readonly consoleFile: string
  readonly qemuArgs: readonly string[]
}

export interface SeedFile {
  readonly path: string
  readonly content: Uint8Array
  readonly secret: boolean
}

export interface Plan {
  readonly machines: readonly MachineRequest[]
  readonly accelerator: Accelerator
  readonly can: {
    readonly snapshot: true | string // a string says why not
    readonly console: 'live' | 'polled' | 'none'
    readonly screenshot: boolean
    readonly power: boolean
  }
}

// All machines of a job and their network. Disposing it removes everything it made.
export interface Testbed extends AsyncDisposable {
  readonly id: string // 'main', 'copy-7'
  readonly machines: ReadonlyMap<string, Machine>
}

export interface Machine {
  readonly name: string
  readonly firmware: string
  readonly console: { readonly file: string; lines(): AsyncIterable<Line> } // each iterator replays from power-on
  events(): AsyncIterable<MachineEvent> // each iterator replays from power-on and ends after 'gone'
  endpoint(signal: AbortSignal): Promise<Endpoint> // infra-error
  power(action: 'reset' | 'shutdown' | 'off', graceMs: number): Promise<void>
  screenshot(): Promise<Uint8Array | undefined> // PNG
  readonly argv: readonly string[]
  stderr(): string // the end of what the hypervisor said
}

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly hostKey?: string // OpenSSH public key when seeded
}

export type MachineEvent = { readonly atMs: number } & (
  | { readonly kind: 'running' }
  | { readonly kind: 'panicked' }
  | { readonly kind: 'reset' | 'stopped'; readonly by: 'guest' | 'us' }
  | { readonly kind: 'paused'; readonly cause: 'io-error' | 'host-full' | 'internal-error' | 'us' }
  | { readonly kind: 'gone'; readonly exitCode: number | null; readonly signal: string | null; readonly stderr: string }
)
