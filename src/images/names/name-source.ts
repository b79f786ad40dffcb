import type { Network } from '../../fetch/download'
import type { Resolved } from '../resolved'
import type { Key } from '../trust/signatures/keys'
import type { Architecture } from '../../lib/architecture'
import type { Name, QueryKey } from './name'

// One kind of name, such as fedora:44. It reads what the publisher says there is, and tells what a name stands for; no image is fetched.
export interface NameSource {
  readonly name: string // what stands before the colon
  readonly takes: readonly QueryKey[] // what its query may hold; anything else is refused before resolve is called
  readonly example: string // for messages: fedora:44
  // image-error: there is no such image, and the message says what there is. config-error: what is asked contradicts itself.
  // infra-error: the publisher cannot be reached.
  resolve(name: Name, lookup: Lookup): Promise<Resolved>
}

export interface Lookup {
  readonly network: Network
  readonly env: Readonly<Record<string, string | undefined>>
  readonly arch: Architecture // of the query, else of the job, else x86_64
  readonly keys: readonly Key[] // that may sign checksum files: choose those of the publisher with fingerprintsOf
  readonly warn: (text: string) => void
}
