import { almalinux } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import { formats } from '../formats'
import type { NameSource } from '../name-source'

// almalinux:9 · almalinux:9.6
export const almalinuxNames: NameSource = {
  name: almalinux.name,
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: almalinux.example,
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_ALMALINUX'), /^(\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+(\.\d+)?$/, releases)
    const folder = urlOf(env, 'IMAGE_TEST_ALMALINUX', release, 'cloud', arch, 'images')
    return imageInFolder(name, { distribution: almalinux, folder, formats, release, releases }, lookup)
  },
}
