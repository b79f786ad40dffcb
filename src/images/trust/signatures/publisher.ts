import { distributions } from '../../distributions/table'
import { fingerprintsOf, type Key } from './keys'

// The keys that may sign for an image, by the name of its file: the publisher's, and of those that of its release. A key of another release
// says nothing of it, and where all were asked, whoever got hold of one could sign everything. All of them for a name that tells nothing.
export const keysFor = (file: string, keys: readonly Key[]): readonly Key[] => {
  const publisher = distributions.find(({ signing }) => signing?.files.test(file))
  if (publisher === undefined) return keys
  const may = fingerprintsOf(publisher.name, publisher.signing?.release?.exec(file)?.[1], keys)
  return keys.filter(({ fingerprint }) => may.includes(fingerprint))
}
