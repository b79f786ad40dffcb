import type { PublishedKey } from './keys/key'

// A system by how it is called, and who logs in on it by default.
export interface GuestSystem {
  readonly called: RegExp // in the name of an image's file, or in the line with which its console greets
  readonly user: string
}

// A system whose images have names of their own, such as fedora:44.
export interface Distribution extends GuestSystem {
  readonly name: string // before the colon
  readonly example: string
  readonly servers: Readonly<Record<string, BaseUrl>> // by the environment variable that names another
  readonly images?: ImageFiles // where the names of files tell what they are
  readonly checksums?: string // the file with them; IMAGE stands for the image's own name
  readonly signing?: Signing
}

export interface BaseUrl {
  readonly url: string
  readonly what: string // for the documentation
}

export interface ImageFiles {
  // Its groups: variant; version, absent where the name does not tell; arch and release, where one folder has several. Links that are called
  // latest and the like are no images.
  readonly pattern: RegExp
  readonly variant: string // unless another is asked for
  readonly boxes?: string // the variant that boxes are
  readonly seedless?: readonly string[] // the variants without cloud-init
  readonly users?: Readonly<Record<string, string>> // of variants where somebody else logs in
}

export interface Signing {
  readonly keys: readonly PublishedKey[]
  readonly files: RegExp // images for which only these keys may sign
  readonly release?: RegExp // of such a name, where each release has a key of its own
  readonly signature: 'inside' | '.asc' | '.gpg' // of the file with checksums: in it, or beside it with this ending
}

// The file with the checksum of an image.
export const checksumsOf = ({ checksums }: { readonly checksums: string }, image: string): string => checksums.replace('IMAGE', () => image)
