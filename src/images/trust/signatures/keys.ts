import type { PublishedKey } from '../../distributions/keys/key'
import { distributions } from '../../distributions/table'

export interface Key extends PublishedKey {
  readonly distribution: string
}

// Every key that is pinned. CentOS, Rocky, Debian and Arch publish checksums of their cloud images without a signature of them.
export const pinnedKeys: readonly Key[] = distributions.flatMap(
  ({ name, signing }) => signing?.keys.map((key) => ({ distribution: name, ...key })) ?? [],
)

// The fingerprints of the keys that sign a distribution's images; without a release those of all its releases. None for a release that is
// younger than this table.
export const fingerprintsOf = (distribution: string, release?: string, keys: readonly Key[] = pinnedKeys): readonly string[] =>
  keys
    .filter((key) => key.distribution === distribution && (release === undefined || (key.release ?? release) === release))
    .map(({ fingerprint }) => fingerprint)
