// What a job asks, and what will become of it: all that a paper machine needs to play it, and all that a model needs to judge it.
import type { OsFacts } from '../../../src/results'

// How one try of a command ends.
export type Try = { readonly stdout?: string; readonly stderr?: string } & (
  | { readonly kind: 'exits'; readonly code: number }
  | { readonly kind: 'signalled' | 'not-started' | 'unproven' }
  | { readonly kind: 'hangs'; readonly killed: boolean } // longer than its own timeout
  | { readonly kind: Disaster | Interruption }
)

// What ends a machine whose guest was up. Of the guest: cut (its connection, and it stays silent), panics, powers-off, resets. Of the host:
// QEMU dies, is paused, or stands still. Of the image: it is found corrupt.
export type Disaster = 'cut' | 'panics' | 'powers-off' | 'resets' | 'dies' | 'paused' | 'stands-still' | 'corrupt'

// What ends the job from outside, while this goes on: a cancel, or the job's timeout, for which this waits.
export type Interruption = 'cancel' | 'outlasts'

// What its console says. A crash is an error, an oops too, a lockup never gates.
export type Word = 'crash' | 'oops' | 'lockup'

export interface Step {
  readonly part: 'setup' | 'tests' | 'teardown'
  readonly kind: 'run' | 'reboot'
  readonly gating: boolean
  readonly xfail: boolean
  readonly retries: number
  readonly exits: readonly number[] // the exit codes that are expected
  readonly when: 'always' | 'met' | 'unmet' | 'unknown' // unknown: a fact that the machine does not tell
}

export type RebootFate = 'comes-back' | 'refused' | 'never-back' | Exclude<Disaster, 'cut'> | Interruption

// What becomes of a step on a machine.
export interface StepFate {
  readonly says?: Word
  readonly console?: string // verbatim, before its first try
  readonly tries: readonly Try[] // the last one repeats itself
  readonly cancelAfterCut?: boolean // while the end of a cut connection waits for its explanation
  readonly reboot: RebootFate
}

export type BootFate =
  | 'ready'
  | 'not-started' // QEMU refuses
  | 'panics'
  | 'powers-off'
  | 'loops' // resets, again and again
  | 'late' // its sshd is there, nobody gets in
  | 'silent' // nothing at all until the deadline
  | 'no-root' // the kernel has no driver for the bus
  | 'dies'
  | 'paused'
  | 'stands-still'
  | 'corrupt'
  | Interruption

// What its journal has of each boot, and what becomes of its last reading.
export interface JournalFate {
  readonly says?: Word
  readonly text?: string // verbatim
  readonly end?: 'fails' | 'hangs' | 'cut' | 'panics' | 'dies' | 'cancel'
}

export interface MachineFate {
  readonly boot: BootFate
  readonly bootSays?: Word
  readonly console?: string // verbatim: a line each 200 ms, before anything comes of the boot
  readonly cloudInit?: 'error' | 'degraded' | 'unfinished' // what it says at the end of the first boot, when not that all is well
  readonly journal?: JournalFate // absent: it keeps none
  readonly os?: OsFacts
  readonly stderr?: string // what QEMU says
  readonly screenshot?: Uint8Array
  readonly steps: readonly StepFate[] // beside those of the story
  readonly atEnd: 'stays' | 'stops' | Disaster | Interruption // when it is asked whether it is still there, after the last step; stops: its system ends, and it powers off
  readonly endSays?: Word
  readonly others?: Readonly<Record<string, Partial<MachineFate>>> // where a testbed has several machines, by name
}

export interface Story {
  readonly steps: readonly Step[] // setup, tests, teardown
  readonly failFast: boolean
  readonly failOn: 'default' | 'fatal' | 'error' | 'never'
  readonly ignores: readonly Word[]
  readonly requires: boolean // a word that no console says
  readonly bootAttempts: number
  readonly buses: 0 | 2 | 3 // further ones that may be tried
  readonly kvm: boolean // chosen by us, so that emulation may follow
  readonly machines: readonly MachineFate[] // one after the other, as far as they are asked for; the last one repeats itself
  readonly before?: 'cancel' | 'fetch-cancel' | 'fetch-outlasts' // what ends the job before there is a machine: at its very start, or while the image is fetched
  readonly imageChanges: boolean
  readonly proof?: 'cancel' | 'bug' // comes while the digest of what booted is still computed, which takes long; an error that nobody caught
}
