// What Fedora calls its files.

// 44-1.7, 45_Beta-1.3 or Rawhide-20260801.n.0 of the name of a file, and what it is for. Fedora 40 had the architecture in front of it.
export const composeOfFile = (file: string): { readonly compose: string; readonly arch: string } | undefined => {
  const found = /\.(x86_64|aarch64|ppc64le|s390x|riscv64)(?=[.-])/.exec(file)
  const [dotted, arch] = found ?? []
  if (found === null || dotted === undefined || arch === undefined) return undefined
  const [before, after] = [file.slice(0, found.index), file.slice(found.index + dotted.length)]
  const compose = /-((?:\d\w*|Rawhide|ELN)-[\d.n]*\d)$/.exec(before)?.[1] ?? /^-(\d+-[\d.]*\d)\./.exec(after)?.[1]
  return compose === undefined ? undefined : { compose, arch }
}

// Where the checksums of a folder of images are. What is not released yet has -images in it.
export const checksumFilesOf = (product: string, compose: string, arch: string): readonly string[] =>
  ['', '-images'].map((middle) => `Fedora-${product}${middle}-${compose}-${arch}-CHECKSUM`)

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
