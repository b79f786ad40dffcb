import type { ChecksumFile } from '../../../resolved'
import { fingerprintsOf } from '../../../trust/signatures/keys'
import { listFolderOnce } from '../../listing'
import type { Lookup } from '../../name-source'

// 44-1.7, 45_Beta-1.3 or Rawhide-20260801.n.0 of the name of a file. Fedora 40 had the architecture in front of it.
export const composeOfFile = (file: string): string | undefined => {
  const arch = /\.(x86_64|aarch64|ppc64le|s390x|riscv64)(?=[.-])/.exec(file)
  if (arch === null) return undefined
  const [before, after] = [file.slice(0, arch.index), file.slice(arch.index + arch[0].length)]
  return /-((?:\d+(?:_Beta)?|Rawhide)-[\d.n]*\d)$/.exec(before)?.[1] ?? /^-(\d+-[\d.]*\d)\./.exec(after)?.[1]
}

// Fedora-Cloud-Base-Generic-41-1.4…, Fedora-Cloud-Base-Vagrant-39-1.5… are Cloud_Base; Fedora-Cloud-Base-UEFI-UKI-41-1.4… is Cloud_Base_UKI.
export const variantOfFile = (file: string): string => {
  if (/-UKI[-.]/.test(file)) return 'Cloud_Base_UKI'
  const cloud = /AmazonEC2|Azure|GC[EP]|OpenStack/.exec(file)?.[0]
  if (cloud !== undefined) return cloud
  const [, product = '', kind] = /^Fedora-(\w+)(?:-([A-Za-z]\w*))?/.exec(file) ?? []
  return kind === undefined ? product : `${product}_${kind}`
}

// The words for an image that is listed as one of these variants. Fedora's lists call those for Amazon, Azure and Google Cloud_Base as well.
export const variantsOfListed = (file: string, listed: readonly string[]): readonly string[] => {
  const own = file.startsWith('Fedora-Cloud-') ? variantOfFile(file) : undefined
  if (own === undefined) return listed
  return own === 'Cloud_Base' ? [...new Set([own, ...listed])] : [own]
}

// The words for an image that no list has but its folder: those that Fedora's lists had for it as well, so that its name stays good.
export const variantsOfArchived = (file: string, product: string): readonly string[] => {
  const own = variantOfFile(file)
  return variantsOfListed(file, own === 'Server_Guest' ? ['Server_KVM', own, product] : [own, product])
}

interface Published {
  readonly variant: string // as the folder is called: Cloud
  readonly arch: string
  readonly version: string // 44-1.7
}

// The checksum files beside a Fedora image: those that are there, else what they are usually called. `folder` is one of the master server.
export const fedoraChecksumFiles = async (
  folder: URL,
  { variant, arch, version }: Published,
  lookup: Lookup,
): Promise<readonly ChecksumFile[]> => {
  // What is not released yet has -images in it.
  const usual = ['', '-images'].map((middle) => `Fedora-${variant}${middle}-${version}-${arch}-CHECKSUM`)
  const listed = (await listFolderOnce(folder, lookup))?.filter((name) => name.endsWith('-CHECKSUM') && name.includes(arch)) ?? []
  const names = listed.length === 0 ? usual : listed.toSorted((left, right) => usual.indexOf(right) - usual.indexOf(left))
  const release = /^\d+/.exec(version)?.[0] // none: rawhide, which is signed by the key of what it will become, if at all
  return names.map((name) => ({
    url: new URL(`${folder.href.replace(/\/*$/, '/')}${name}`),
    signature: { kind: 'inside' },
    keys: fingerprintsOf('fedora', release, lookup.keys),
    trusted: true,
  }))
}
