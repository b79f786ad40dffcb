import { opensuse } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import type { NameSource } from '../name-source'

// The server's own list of a folder; what it shows to people is a program.
const listed = (url: URL): URL => new URL('?jsontable', `${url.href}/`)

// opensuse:16.0, which is Leap
export const opensuseNames: NameSource = {
  name: opensuse.name,
  takes: ['variant', 'format', 'arch', 'version'],
  example: opensuse.example,
  resolve: async (name, lookup) => {
    const { env } = lookup
    const releases = () => foldersOf(listed(urlOf(env, 'IMAGE_TEST_OPENSUSE', 'distribution', 'leap')), /^(\d+\.\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+\.\d+$/, releases)
    const folder = listed(urlOf(env, 'IMAGE_TEST_OPENSUSE', 'distribution', 'leap', release, 'appliances'))
    return imageInFolder(name, { distribution: opensuse, folder, formats: ['qcow2'], release, releases }, lookup)
  },
}
