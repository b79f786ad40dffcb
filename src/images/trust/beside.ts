import { checksumsOf } from '../distributions/distribution'
import { checksumFilesOf, composeOfFile } from '../distributions/fedora-files'
import { almalinux, archLinux, centosStream, debian, opensuse, rocky, ubuntu } from '../distributions/table'

// Where publishers put the checksums of an image: in a file that is called after it, or in one for its folder.
export const besideNames = (image: string): readonly string[] => [
  ...fedoraNames(image),
  ...[centosStream, rocky, opensuse, archLinux].map((publisher) => checksumsOf(publisher, image)),
  `${image}.sha512`,
  ...[ubuntu, debian, almalinux].map((publisher) => checksumsOf(publisher, image)),
]

const fedoraNames = (image: string): readonly string[] => {
  const found = image.startsWith('Fedora-Cloud-Base') ? composeOfFile(image) : undefined
  return found === undefined ? [] : checksumFilesOf('Cloud', found.compose, found.arch)
}

// What a detached signature of a file is called.
export const signatureEndings = ['.asc', '.gpg', '.sig', '.sign'] as const
