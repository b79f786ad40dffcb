// Where publishers put the checksums of an image: in a file that is called after it, or in one for its folder.
export const besideNames = (image: string): readonly string[] => [
  ...fedoraNames(image),
  ...['SHA256SUM', 'CHECKSUM', 'sha256', 'SHA256', 'sha512'].map((ending) => `${image}.${ending}`), // CentOS, Rocky, openSUSE, Arch
  'SHA256SUMS', // Ubuntu
  'SHA512SUMS', // Debian
  'CHECKSUM', // AlmaLinux
]

// Fedora-Cloud-44-1.7-x86_64-CHECKSUM, with -images in it for what is not released yet. Fedora 40 had the architecture in front.
const fedoraNames = (image: string): readonly string[] => {
  const found =
    /^Fedora-Cloud-Base.*?-(?<compose>[\dA-Z]\w*-[\d.n]*\d)\.(?<arch>x86_64|aarch64|ppc64le|s390x)\./.exec(image) ??
    /^Fedora-Cloud-Base.*?\.(?<arch>x86_64|aarch64|ppc64le|s390x)-(?<compose>\d+-[\d.]*\d)\./.exec(image)
  const { compose, arch } = found?.groups ?? {}
  if (compose === undefined || arch === undefined) return []
  return [`Fedora-Cloud-${compose}-${arch}-CHECKSUM`, `Fedora-Cloud-images-${compose}-${arch}-CHECKSUM`]
}

// What a detached signature of a file is called.
export const signatureEndings = ['.asc', '.gpg', '.sig', '.sign'] as const
