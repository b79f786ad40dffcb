// What the images room hands on: local files, inspected before any tool opened them.
import type { ImageFacts } from '../results'
import type { Provisioning } from './resolved'

export interface Disks {
  readonly disks: readonly Disk[]
  readonly facts: ImageFacts // without `sha256` and `unchanged` when those are only known at the end
  readonly loginUser?: string // of the image's name; absent when unknown
  readonly arch?: 'x86_64' | 'aarch64' // as its name says
  readonly provisioning?: Provisioning
  // The digest of the file that boots, computed beside the boot, and whether it is still what it was. image-error when it differs
  // from what was published.
  readonly proof: () => Promise<{ readonly sha256: string; readonly unchanged: boolean }>
}

export interface Disk {
  readonly path: string
  readonly format: 'qcow2' | 'raw'
  readonly virtualBytes: number
}
