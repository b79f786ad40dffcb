import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf, unsigned } from '../folder'
import { formatOfFile, formats } from '../formats'
import type { NameSource } from '../name-source'

// centos-stream:10
export const centosStream: NameSource = {
  name: 'centos-stream',
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: 'centos-stream:10',
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_CENTOS_STREAM'), /^(\d+)-stream$/, lookup)
    const release = await releaseOf(name, /^\d+$/, releases)
    return imageInFolder(
      name,
      {
        folder: urlOf(env, 'IMAGE_TEST_CENTOS_STREAM', `${release}-stream`, arch, 'images'),
        // CentOS-Stream-GenericCloud-10-20260818.0.x86_64.qcow2, CentOS-Stream-Vagrant-Libvirt-10-20260818.0.x86_64.vagrant-libvirt.box
        read: (file) => {
          const [, variant, found, version] = /^CentOS-Stream-([\w-]+?)-(\d+)-(\d{8}\.\d+)\.\w+\./.exec(file) ?? []
          const format = formatOfFile(file)
          if (variant === undefined || version === undefined || format === undefined || found !== release) return undefined
          return { variant: variant.startsWith('Vagrant') ? 'Vagrant' : variant, version, format }
        },
        formats,
        variant: 'GenericCloud',
        boxes: 'Vagrant',
        user: 'cloud-user',
        release,
        checksumFile: (image) => unsigned(new URL(`${image.href}.SHA256SUM`)),
        releases,
      },
      lookup,
    )
  },
}
