import { debianArchitecture } from '../../../lib/architecture'
import { urlOf } from '../base-urls'
import { noSuchImage, sameVariant } from '../choose'
import { foldersOf, imageInFolder, unsigned } from '../folder'
import { formatOfFile, type Format } from '../formats'
import { listFolder } from '../listing'
import type { Name } from '../name'
import type { Lookup, NameSource } from '../name-source'

// The folders have code names; the files in them numbers.
const codenames: Readonly<Record<string, string>> = {
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
  '14': 'forky',
  '15': 'duke',
  sid: 'sid',
}

const offered: readonly Format[] = ['qcow2', 'raw']

// debian:13 · debian:trixie · debian:sid
export const debian: NameSource = {
  name: 'debian',
  takes: ['variant', 'format', 'arch', 'version'],
  example: 'debian:13',
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const codename = await codenameOf(name, lookup)
    const builds = await buildsOf(codename, lookup)
    const version = name.query.version ?? builds.newest
    if (version === undefined || !builds.versions.includes(version))
      throw noSuchImage(name.shown, version === undefined ? `no Debian ${name.release}` : `no version ${version}`, builds.versions)
    const release = Object.keys(codenames).find((number) => codenames[number] === codename) ?? codename
    return imageInFolder(
      name,
      {
        folder: urlOf(env, 'IMAGE_TEST_DEBIAN', ...builds.folder, version),
        // debian-13-genericcloud-amd64-20260712-2537.qcow2, debian-sid-generic-amd64-daily-20260712-2537.raw
        read: (file) => {
          const [, variant, found, version] = /^debian-\w+-([\w-]+)-(amd64|arm64)(?:-daily)?-(\d{8}-\d+)\./.exec(file) ?? []
          const format = formatOfFile(file)
          if (variant === undefined || version === undefined || format === undefined || found !== debianArchitecture(arch)) return undefined
          return { variant, version, format }
        },
        formats: offered,
        variant: 'genericcloud',
        seedless: ['nocloud'],
        user: sameVariant(name.query.variant ?? '', 'nocloud') ? 'root' : 'debian',
        release,
        checksumFile: (image) => unsigned(new URL('SHA512SUMS', image)),
        releases: () => Promise.resolve(builds.versions),
      },
      lookup,
    )
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
