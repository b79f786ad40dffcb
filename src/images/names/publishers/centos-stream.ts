import { centosStream } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import { formats } from '../formats'
import type { NameSource } from '../name-source'

// centos-stream:10
export const centosStreamNames: NameSource = {
  name: centosStream.name,
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: centosStream.example,
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(urlOf(env, 'IMAGE_TEST_CENTOS_STREAM'), /^(\d+)-stream$/, lookup)
    const release = await releaseOf(name, /^\d+$/, releases)
    const folder = urlOf(env, 'IMAGE_TEST_CENTOS_STREAM', `${release}-stream`, arch, 'images')
    return imageInFolder(name, { distribution: centosStream, folder, formats, release, releases }, lookup)
  },
}
