import { JobError } from '../../errors'
import type { BaseUrl } from '../distributions/distribution'
import * as known from '../distributions/table'

// Where publishers are. Each can be another by an environment variable, for mirrors and for networks without a way out.
export const baseUrls = {
  ...known.fedora.servers,
  ...known.fedoraCoreos.servers,
  ...known.centosStream.servers,
  ...known.almalinux.servers,
  ...known.rocky.servers,
  ...known.debian.servers,
  ...known.ubuntu.servers,
  ...known.opensuse.servers,
  ...known.archLinux.servers,
  IMAGE_TEST_VAGRANT: { url: 'https://vagrantcloud.com', what: 'catalogs of Vagrant boxes' },
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
