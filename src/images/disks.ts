// What the images room hands on: local files, inspected before any tool opened them.
import type { ImageFacts } from '../results'
import type { Disk } from '../formats/disk'
import type { Provisioning } from './resolved'

export interface Disks {
  readonly disks: readonly Disk[]
  readonly facts: ImageFacts // without `sha256` and `unchanged` when those are only known at the end
  readonly loginUser?: string // of the image's name; absent when unknown
  readonly arch?: 'x86_64' | 'aarch64' // as its name says
  readonly provisioning?: Provisioning
  readonly box?: BoxGuest // of a Vagrant box
  readonly madeFor?: MadeFor // of a box or an OVA
  // The digest of the file that boots, computed beside the boot, and whether it is still what it was. image-error when it differs
  // from what was published.
  readonly proof: () => Promise<{ readonly sha256: string; readonly unchanged: boolean }>
}

// What lets us into the guest of a Vagrant box, which no seed reaches.
export interface BoxGuest {
  readonly user: string
  readonly password: string
  readonly privateKey?: string // its own; absent where the well-known keys of Vagrant open it
}

// The machine that a box or an OVA asks for, in the words of its files.
export interface MadeFor {
  readonly uefi: boolean
  readonly secureBoot?: boolean
  readonly tpm?: boolean
  readonly diskBus?: string | undefined
  readonly nic?: string | undefined
  readonly machineType?: string | undefined
  readonly loader?: string | undefined // of a firmware that is not known by its name
  readonly diskBytes?: number | undefined // to which its first disk is to grow
  readonly memoryBytes?: number | undefined // the least it asks for
  readonly cpus?: number | undefined // as many as it asks for
}
