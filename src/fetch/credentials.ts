import { JobError } from '../errors'
import { netrcLogins } from './netrc'
import { shownUrl } from '../lib/shown'

// What is sent in the header Authorization to an address that was asked for; never to one that a redirect or a list of mirrors named.
export type Credentials = (url: URL) => string | undefined

export interface CredentialsRequest {
  readonly source: string // of the image, as written
  readonly ownOrigins: () => readonly string[] // that the user names for publishers; asked where the source is no address
  readonly env: Readonly<Record<string, string | undefined>>
  readonly warn: (text: string) => void
}

// The logins for private sources: IMAGE_TEST_AUTH for the hosts that the user named, netrc for those that it names. Neither leaves this
// machine unencrypted. config-error: IMAGE_TEST_AUTH is none.
export const readCredentials = ({ source, ownOrigins, env, warn }: CredentialsRequest): Credentials => {
  const auth = authorization(env['IMAGE_TEST_AUTH'])
  const written = /^(?:[a-z][a-z-]*:)?(https?:\/\/.*)$/is.exec(source)?.[1]
  const named = written !== undefined && URL.canParse(written) ? new URL(written) : undefined
  const own = named === undefined ? ownOrigins() : [named.origin]
  const logins = netrcLogins(env)
  if (auth !== undefined && named !== undefined && !isSafe(named))
    warn(`IMAGE_TEST_AUTH is not sent to ${shownUrl(named)}: over http anybody on the way could read it`)
  return (url) => {
    if (!isSafe(url) || url.username !== '') return undefined
    if (auth !== undefined && own.includes(url.origin)) return auth
    const login = logins.find(({ machine }) => machine === url.hostname.toLowerCase())
    return login && basic(`${login.login}:${login.password}`)
  }
}

// USER:PASSWORD, a token, or the whole of the header: Bearer TOKEN.
const authorization = (written: string | undefined): string | undefined => {
  const value = written?.trim() ?? ''
  if (value === '') return undefined
  if (!/^[\x20-\x7e\u0080-\uffff]+$/.test(value)) {
    throw new JobError('config-error', 'the environment variable IMAGE_TEST_AUTH must be one line', {
      hint: 'Write it as USER:PASSWORD, as a token, or as Bearer TOKEN.',
    })
  }
  if (/^[a-z]+ \S+$/i.test(value)) return value
  return value.includes(':') ? basic(value) : `Bearer ${value}`
}

const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`

const isSafe = ({ protocol, hostname }: URL): boolean => protocol === 'https:' || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)
