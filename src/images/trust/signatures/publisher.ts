import { fingerprintsOf, type Key } from './keys'

interface Publisher {
  readonly distribution: string
  readonly names: RegExp
  readonly release?: RegExp // where each has a key of its own
}

const publishers: readonly Publisher[] = [
  // Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2, Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2, Fedora-…-45_Beta-1.3…, fedora-coreos-44.2026…
  { distribution: 'fedora', names: /^fedora-/i, release: /-(\d{2,3})(?=[-._])/ },
  { distribution: 'almalinux', names: /^almalinux-/i, release: /^\w+-(\d+)(?=[-._])/ },
  { distribution: 'opensuse', names: /^(opensuse-|leap-\d)/i },
  { distribution: 'ubuntu', names: /^ubuntu-|-(server|minimal)-cloudimg-/i },
]

// The keys that may sign for an image, by the name of its file: the publisher's, and of those that of its release. A key of another release
// says nothing of it, and where all were asked, whoever got hold of one could sign everything. All of them for a name that tells nothing.
export const keysFor = (file: string, keys: readonly Key[]): readonly Key[] => {
  const publisher = publishers.find(({ names }) => names.test(file))
  if (publisher === undefined) return keys
  const may = fingerprintsOf(publisher.distribution, publisher.release?.exec(file)?.[1], keys)
  return keys.filter(({ fingerprint }) => may.includes(fingerprint))
}
