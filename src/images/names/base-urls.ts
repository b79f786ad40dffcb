import { JobError } from '../../errors'

interface BaseUrl {
  readonly url: string
  readonly what: string // for the documentation
}

// Where publishers are. Each can be another by an environment variable, for mirrors and for networks without a way out.
export const baseUrls = {
  IMAGE_TEST_FEDORA_RELEASES: { url: 'https://fedoraproject.org/releases.json', what: "Fedora's list of released images" },
  IMAGE_TEST_FEDORA_DOWNLOAD: { url: 'https://download.fedoraproject.org/pub/fedora/linux', what: 'Fedora images; redirects to mirrors' },
  IMAGE_TEST_FEDORA_MASTER: { url: 'https://dl.fedoraproject.org/pub/fedora/linux', what: 'Fedora checksum files' },
  IMAGE_TEST_FEDORA_METALINK: { url: 'https://mirrors.fedoraproject.org/metalink', what: 'Fedora, lists of mirrors' },
  IMAGE_TEST_FEDORA_ARCHIVE: {
    url: 'https://archives.fedoraproject.org/pub/archive/fedora/linux',
    what: 'Fedora releases that have ended',
  },
  IMAGE_TEST_FEDORA_COMPOSES: { url: 'https://kojipkgs.fedoraproject.org/compose', what: 'composes: rawhide, branched, `compose:ID`' },
  IMAGE_TEST_FEDORA_COREOS: { url: 'https://builds.coreos.fedoraproject.org', what: 'Fedora CoreOS' },
  IMAGE_TEST_CENTOS_STREAM: { url: 'https://cloud.centos.org/centos', what: 'CentOS Stream' },
  IMAGE_TEST_ALMALINUX: { url: 'https://repo.almalinux.org/almalinux', what: 'AlmaLinux' },
  IMAGE_TEST_ROCKY: { url: 'https://dl.rockylinux.org/pub/rocky', what: 'Rocky Linux' },
  IMAGE_TEST_DEBIAN: { url: 'https://cloud.debian.org/images/cloud', what: 'Debian' },
  IMAGE_TEST_UBUNTU: { url: 'https://cloud-images.ubuntu.com/releases', what: 'Ubuntu' },
  IMAGE_TEST_OPENSUSE: { url: 'https://download.opensuse.org', what: 'openSUSE' },
  IMAGE_TEST_ARCH: { url: 'https://geo.mirror.pkgbuild.com/images', what: 'Arch Linux' },
} as const satisfies Readonly<Record<string, BaseUrl>>

export type BaseUrlName = keyof typeof baseUrls
type Environment = Readonly<Record<string, string | undefined>>

// An address below one of them; parts are as they appear on the server.
export const urlOf = (env: Environment, name: BaseUrlName, ...parts: readonly string[]): URL =>
  new URL([baseOf(env, name), ...parts].join('/'))

// The origins that the user names by these variables.
export const ownOrigins = (env: Environment): readonly string[] =>
  (Object.keys(baseUrls) as readonly BaseUrlName[]).filter((name) => isSet(env[name])).map((name) => new URL(baseOf(env, name)).origin)

// Without a slash at its end. config-error when the user's is no address.
const baseOf = (env: Environment, name: BaseUrlName): string => {
  const given = env[name]
  const base = isSet(given) ? given.trim() : baseUrls[name].url
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base)) {
    throw new JobError('config-error', `the environment variable ${name} is no address that begins with https:// or http://`, {
      hint: `Leave it unset to use ${baseUrls[name].url}.`,
    })
  }
  return base.replace(/\/+$/, '')
}

const isSet = (value: string | undefined): value is string => value !== undefined && value.trim() !== ''
