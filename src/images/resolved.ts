// What an image's name stands for: where the bytes are, who vouches for them, and how to get in. Nothing of the image was fetched for it.
import type { Expected } from '../lib/digests'

export interface Resolved {
  readonly source: Source
  readonly digests: readonly Vouched[] // that came with the name, of the file as published
  readonly checksumFiles: readonly ChecksumFile[] // to be tried in this order: the first that there is counts
  readonly unsigned?: string // why no signature proves it, where its publisher signs, but not what is read here
  readonly mirrors?: URL // a metalink: of other addresses of the same file; nothing else in it is trusted
  readonly loginUser?: string
  readonly provisioning: Provisioning
  readonly format?: string // as the name says: qcow2, vagrant-libvirt, vagrant-virtualbox, raw
  readonly arch?: 'x86_64' | 'aarch64'
  readonly version?: string // what `latest` and the like stand for today: 44-1.7, 20260705, 45_Beta-1.3
  // What stands for exactly this version, whatever is published later: a name, or the URL itself; without a login that was in it. Not for
  // messages: a query may be a secret.
  readonly pinned?: string
}

// Where an image's bytes are. `name` is the file's own name, `shown` what messages call it.
export type Source =
  | { readonly kind: 'file'; readonly path: string; readonly name: string; readonly shown: string }
  | { readonly kind: 'url'; readonly url: URL; readonly name: string; readonly shown: string }

// A digest and whoever it comes from. `trusted`: over https from the origin, or given by the user; never from a mirror.
export interface Vouched extends Expected {
  readonly trusted: boolean
}

export interface ChecksumFile {
  readonly url: URL
  readonly signature: { readonly kind: 'none' } | { readonly kind: 'inside' } | { readonly kind: 'detached'; readonly url: URL }
  readonly keys: readonly string[] // fingerprints that may sign it: upper-case hex, 40 digits
  readonly trusted: boolean // https from the origin
}

// How a guest learns our key: cloud-init and Ignition are told; a Vagrant box knows the well-known keys already.
export type Provisioning = 'cloud-init' | 'ignition' | 'vagrant' | 'unknown'
