import type { Session } from '../guest/session'
import type { JobError } from '../errors'
import type { Facts } from './when'

// A machine that is up, over reboots: its session changes, the machine does not.
export interface LiveMachine {
  readonly name: string
  readonly facts: Facts
  session(): Session
  readonly failure: Promise<JobError> // resolves when the machine is lost
  failed(): JobError | undefined
  readonly goingDown: () => boolean // its system ends, and `failure` will tell how
  setTest(id: string | undefined): void // findings meanwhile belong to it
  // A clean reboot; resolves when a session of a new boot id stands, or with why the guest refused. guest-lost: it did not come back.
  reboot(timeoutMs: number, signal: AbortSignal): Promise<string | undefined>
}
