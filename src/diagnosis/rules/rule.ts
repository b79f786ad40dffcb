import type { Severity } from '../../results'

// booting: until the machine is ready; running: from then on; stopping: after it was asked to power off or to reboot.
export type GuestPhase = 'booting' | 'running' | 'stopping'

export interface Rule {
  readonly id: string
  readonly severity: Severity
  readonly inPhase?: Readonly<Partial<Record<GuestPhase, Severity | 'none'>>> // where it differs
  readonly onRealHardware?: Severity // on a machine that is not emulated by this host, where the host cannot be the cause
  readonly by: 'firmware' | 'kernel' | 'any' // who writes it: firmware and boot loaders only while booting, and never in a journal; there the kernel says its name
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
  readonly todo: string // one sentence, for whoever built the image
}

// End of a report of the kernel's about itself.
export const endOfTrace = /---\[ end trace/
