import { rocky } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import { formats } from '../formats'
import type { NameSource } from '../name-source'

// rocky:10 · rocky:9.6
export const rockyNames: NameSource = {
  name: rocky.name,
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: rocky.example,
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_ROCKY'), /^(\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+(\.\d+)?$/, releases)
    const folder = urlOf(env, 'IMAGE_TEST_ROCKY', release, 'images', arch)
    return imageInFolder(name, { distribution: rocky, folder, formats, release, releases }, lookup)
  },
}
