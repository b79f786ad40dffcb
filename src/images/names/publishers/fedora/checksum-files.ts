import { checksumFilesOf } from '../../../distributions/fedora-files'
import { fedora } from '../../../distributions/table'
import type { ChecksumFile } from '../../../resolved'
import { fingerprintsOf } from '../../../trust/signatures/keys'
import { listFolderOnce } from '../../listing'
import type { Lookup } from '../../name-source'

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
  const usual = checksumFilesOf(variant, version, arch)
  const listed = (await listFolderOnce(folder, lookup))?.filter((name) => name.endsWith('-CHECKSUM') && name.includes(arch)) ?? []
  const names = listed.length === 0 ? usual : listed.toSorted((left, right) => usual.indexOf(right) - usual.indexOf(left))
  const release = /^\d+/.exec(version)?.[0] // none: rawhide, which is signed by the key of what it will become, if at all
  return names.map((name) => ({
    url: new URL(`${folder.href.replace(/\/*$/, '/')}${name}`),
    signature: { kind: 'inside' },
    keys: fingerprintsOf(fedora.name, release, lookup.keys),
    trusted: true,
  }))
}
