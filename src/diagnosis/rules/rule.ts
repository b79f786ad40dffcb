import type { Severity } from '../../results'

// booting: until the machine is ready; running: from then on; stopping: after it was asked to power off or to reboot.
export type GuestPhase = 'booting' | 'running' | 'stopping'

export interface Rule {
  readonly id: string
  readonly severity: Severity
  readonly inPhase?: Readonly<Partial<Record<GuestPhase, Severity | 'none'>>> // where it differs
  readonly onRealHardware?: Severity // on a machine that is not emulated by this host, where the host cannot be the cause
  readonly by: 'firmware' | 'kernel' | 'any' // who writes it: firmware and boot loaders only while booting, and never in a journal; there the kernel says its name
  readonly inInitrd?: Severity // where the initrd's systemd says it
  readonly gates?: true // an error that no healthy image shows: it fails the job by default
  readonly leads?: number // it may be the cause of an end: one of `depth`
  readonly follows?: true // says only that something before it went wrong
  readonly patient?: true // a question: fatal only when nobody answers it
  readonly voice?: true // a unit: its program said why just before
  readonly guestTimeout?: true // the guest's patience ended, which under emulation is too short
  readonly hostCaused?: true // the host's fault, and yet the machine will not come up: an infra-error
  readonly prompt?: true // may stand on a line that has no end yet
  readonly trace?: true // a kernel's report with registers and a call trace; another one inside it belongs to it
  readonly start: RegExp // its first group, if any, is what a sentence about it quotes
  readonly quote?: true // the sentence quotes the whole line
  readonly hints: readonly string[] // every line that start matches holds one of them
  readonly end?: RegExp // last line of the block
  readonly goesOn?: RegExp // lines that may follow; without it every line does, until the end or maxLines
  readonly maxLines: number
  readonly before?: RegExp // what led to it begins with the earliest such line of the last ones; else eight lines of context
  readonly blame?: RegExp // the line of the block that tells why; a group of it, else all of it
  readonly what: string // a sentence without its full stop
  readonly todoInInitrd?: string
  readonly todo: string // one sentence, for whoever built the image
}

// How near to the first cause a rule is: of a chain, the deepest is told, and of two as deep the first.
export const depth = {
  unknown: 0, // any unit: told when nothing else is known
  service: 1, // sshd, the network, cloud-init: why nobody can log in, never why a system went down
  timeout: 5,
  unit: 10,
  mount: 20,
  device: 30,
  fileSystem: 40,
  disk: 50,
  kernel: 60,
} as const

// End of a report of the kernel's about itself.
export const endOfTrace = /---\[ end trace/
