import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf, unsigned } from '../folder'
import { formatOfFile, formats } from '../formats'
import type { NameSource } from '../name-source'

// rocky:10 · rocky:9.6
export const rocky: NameSource = {
  name: 'rocky',
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: 'rocky:10',
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_ROCKY'), /^(\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+(\.\d+)?$/, releases)
    return imageInFolder(
      name,
      {
        folder: urlOf(env, 'IMAGE_TEST_ROCKY', release, 'images', arch),
        // Rocky-10-GenericCloud-Base-10.2-20260525.0.x86_64.qcow2, Rocky-9-Vagrant-Libvirt-9.5-20241118.0.x86_64.box
        read: (file) => {
          const [, variant, version] = /^Rocky-\d+-([\w-]+?)-(\d+\.\d+-\d{8}(?:\.\d+)?)\.\w+\./.exec(file) ?? []
          const format = formatOfFile(file)
          if (variant === undefined || version === undefined || format === undefined) return undefined
          return { variant: variant.startsWith('Vagrant') ? 'Vagrant' : variant, version, format }
        },
        formats,
        variant: 'GenericCloud-Base',
        boxes: 'Vagrant',
        user: 'rocky',
        release,
        checksumFile: (image) => unsigned(new URL(`${image.href}.CHECKSUM`)),
        releases,
      },
      lookup,
    )
  },
}
