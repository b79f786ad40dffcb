import { debian } from '../../distributions/table'
import { urlOf } from '../base-urls'
import { noSuchImage } from '../choose'
import { foldersOf, imageInFolder } from '../folder'
import { listFolder } from '../listing'
import type { Name } from '../name'
import type { Lookup, NameSource } from '../name-source'

const codenames: Readonly<Record<string, string>> = debian.codenames

// debian:13 · debian:trixie · debian:sid
export const debianNames: NameSource = {
  name: debian.name,
  takes: ['variant', 'format', 'arch', 'version'],
  example: debian.example,
  resolve: async (name, lookup) => {
    const { env } = lookup
    const codename = await codenameOf(name, lookup)
    const builds = await buildsOf(codename, lookup)
    const version = name.query.version ?? builds.newest
    if (version === undefined || !builds.versions.includes(version))
      throw noSuchImage(name.shown, version === undefined ? `no Debian ${name.release}` : `no version ${version}`, builds.versions)
    const release = Object.keys(codenames).find((number) => codenames[number] === codename) ?? codename
    const folder = urlOf(env, 'IMAGE_TEST_DEBIAN', ...builds.folder, version)
    const releases = () => Promise.resolve(builds.versions)
    return imageInFolder(name, { distribution: debian, folder, formats: ['qcow2', 'raw'], release, releases }, lookup)
  },
}

interface Builds {
  readonly folder: readonly string[]
  readonly versions: readonly string[] // newest first
  readonly newest: string | undefined
}

// A release has a folder for each of its builds; what is not released yet has them among the daily ones.
const buildsOf = async (codename: string, lookup: Lookup): Promise<Builds> => {
  for (const folder of [[codename], [codename, 'daily']]) {
    const versions = await foldersOf(urlOf(lookup.env, 'IMAGE_TEST_DEBIAN', ...folder), /^(\d{8}-\d+)$/, lookup)
    if (versions.length > 0) return { folder, versions, newest: versions[0] }
  }
  return { folder: [codename], versions: [], newest: undefined }
}

const codenameOf = async (name: Name, lookup: Lookup): Promise<string> => {
  const asked = name.release.toLowerCase()
  const known = codenames[asked] ?? Object.values(codenames).find((codename) => codename === asked)
  if (known !== undefined) return known
  const there = (await listFolder(urlOf(lookup.env, 'IMAGE_TEST_DEBIAN'), lookup)) ?? []
  const numbers = Object.keys(codenames).filter((number) => there.includes(codenames[number] ?? ''))
  if (asked === 'latest') {
    for (const number of numbers.filter((one) => /^\d+$/.test(one)).toReversed()) {
      const codename = codenames[number] ?? ''
      if ((await buildsOf(codename, lookup)).folder.length === 1) return codename // the others are not released yet
    }
  }
  throw noSuchImage(name.shown, `no Debian ${name.release}`, ['latest', ...numbers])
}
