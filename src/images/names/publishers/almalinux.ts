import { fingerprintsOf } from '../../trust/signatures/keys'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import { formatOfFile, formats } from '../formats'
import type { NameSource } from '../name-source'

// almalinux:9 · almalinux:9.6
export const almalinux: NameSource = {
  name: 'almalinux',
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: 'almalinux:9',
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_ALMALINUX'), /^(\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+(\.\d+)?$/, releases)
    const major = release.split('.')[0] ?? release
    return imageInFolder(
      name,
      {
        folder: urlOf(env, 'IMAGE_TEST_ALMALINUX', release, 'cloud', arch, 'images'),
        // AlmaLinux-9-GenericCloud-9.6-20250522.x86_64.qcow2, AlmaLinux-10-GenericCloud-ext4-10.2-20260526.0.x86_64.qcow2
        read: (file) => {
          const [, variant, version] = /^AlmaLinux-\d+-([\w-]+?)-(\d+\.\d+-\d{8}(?:\.\d+)?)\.\w+\./.exec(file) ?? []
          const format = formatOfFile(file)
          if (variant === undefined || version === undefined || format === undefined) return undefined
          return { variant: variant.startsWith('Vagrant') ? 'Vagrant' : variant, version, format }
        },
        formats,
        variant: 'GenericCloud',
        boxes: 'Vagrant',
        user: 'almalinux',
        release,
        checksumFile: (image) => ({
          url: new URL('CHECKSUM', image),
          signature: { kind: 'detached', url: new URL('CHECKSUM.asc', image) },
          keys: fingerprintsOf('almalinux', major, lookup.keys),
          trusted: true,
        }),
        releases,
      },
      lookup,
    )
  },
}
