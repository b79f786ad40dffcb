import type { Session } from './session'
import type { JobError } from '../errors'

// What a machine is, as far as it says so.
export interface MachineFacts {
  readonly distro: string | undefined // ID of /etc/os-release
  readonly version: string | undefined // VERSION_ID
  readonly variant: string | undefined // VARIANT_ID
  readonly arch: string
  readonly provider: string
  readonly accelerator: string
}

// A machine that is up, over reboots: its session changes, the machine does not.
export interface LiveMachine {
  readonly name: string
  readonly facts: MachineFacts
  readonly bootTimeoutMs: number // for a boot of it on this host
  session(): Session
  readonly failure: Promise<JobError> // resolves when the machine is lost
  failed(): JobError | undefined
  readonly goingDown: () => boolean // its system ends, and `failure` will tell how
  setTest(id: string | undefined): void // findings meanwhile belong to it
  // A clean reboot; resolves when a session of a new boot id stands, or with why the guest refused. guest-lost: it did not come back.
  reboot(timeoutMs: number, signal: AbortSignal): Promise<string | undefined>
}
