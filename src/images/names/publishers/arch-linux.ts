import { urlOf } from '../base-urls'
import { noSuchImage } from '../choose'
import { foldersOf, imageInFolder, unsigned } from '../folder'
import { formatOfFile, formats } from '../formats'
import type { NameSource } from '../name-source'

// arch:latest: there are no releases, only days.
export const arch: NameSource = {
  name: 'arch',
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: 'arch:latest',
  resolve: async (name, lookup) => {
    const { env } = lookup
    if (name.release.toLowerCase() !== 'latest') throw noSuchImage(name.shown, `no release ${name.release}`, ['latest'])
    if (lookup.arch !== 'x86_64') throw noSuchImage(name.shown, `no image for ${lookup.arch}`, ['x86_64'])
    const days = () => foldersOf(urlOf(env, 'IMAGE_TEST_ARCH'), /^v(\d{8}\.\d+)$/, lookup)
    const version = name.query.version ?? (await days())[0]
    if (version === undefined) throw noSuchImage(name.shown, 'no image', [])
    if (!/^\d{8}\.\d+$/.test(version)) throw noSuchImage(name.shown, `no version ${version}`, await days())
    return imageInFolder(
      name,
      {
        folder: urlOf(env, 'IMAGE_TEST_ARCH', `v${version}`),
        // Arch-Linux-x86_64-cloudimg-20261001.604814.qcow2, Arch-Linux-x86_64-libvirt-20261001.604814.box
        read: (file) => {
          const [, variant, found] = /^Arch-Linux-x86_64-(\w+)-(\d{8}\.\d+)\./.exec(file) ?? []
          const format = formatOfFile(file)
          if (variant === undefined || found === undefined || format === undefined) return undefined
          return { variant: format.startsWith('vagrant-') ? 'vagrant' : variant, version: found, format }
        },
        formats,
        variant: 'cloudimg',
        boxes: 'vagrant',
        seedless: ['basic'],
        user: 'arch',
        release: 'latest',
        checksumFile: (image) => unsigned(new URL(`${image.href}.SHA256`)),
        releases: days,
      },
      lookup,
    )
  },
}
