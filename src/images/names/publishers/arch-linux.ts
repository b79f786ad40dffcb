import { archLinux } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { noSuchImage } from '../choose'
import { foldersOf, imageInFolder } from '../folder'
import { formats } from '../formats'
import type { NameSource } from '../name-source'

// arch:latest: there are no releases, only days.
export const archLinuxNames: NameSource = {
  name: archLinux.name,
  takes: ['variant', 'format', 'arch', 'provider', 'version'],
  example: archLinux.example,
  resolve: async (name, lookup) => {
    const { env } = lookup
    if (name.release.toLowerCase() !== 'latest') throw noSuchImage(name.shown, `no release ${name.release}`, ['latest'])
    if (lookup.arch !== 'x86_64') throw noSuchImage(name.shown, `no image for ${lookup.arch}`, ['x86_64'])
    const days = () => foldersOf(urlOf(env, 'IMAGE_TEST_ARCH'), /^v(\d{8}\.\d+)$/, lookup)
    const version = name.query.version ?? (await days())[0]
    if (version === undefined) throw noSuchImage(name.shown, 'no image', [])
    if (!/^\d{8}\.\d+$/.test(version)) throw noSuchImage(name.shown, `no version ${version}`, await days())
    const folder = urlOf(env, 'IMAGE_TEST_ARCH', `v${version}`)
    return imageInFolder(name, { distribution: archLinux, folder, formats, release: 'latest', releases: days }, lookup)
  },
}
