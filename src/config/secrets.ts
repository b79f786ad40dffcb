// What a job is trusted with: values to pass on, and what of them must never be seen.
import { netrcLogins } from '../fetch/netrc'
import { decodePercent } from '../lib/percent'
import { readPrivateKey } from '../lib/private-key'
import type { Surroundings } from '../host/checkout'
import type { Report } from './problems'
import { readTextFile } from './written/text-file'
import { quote } from '../lib/wording'

// Replacing shorter ones would hide nothing and garble every report; the redactor leaves them too.
const shortestMasked = 3
const shortestMaskedLine = 8

// Each value as a whole, and the lines of a longer text, since output often comes line by line.
export const secretsOf = (values: readonly (string | undefined)[]): readonly string[] => {
  const given = values.filter((value) => value !== undefined).filter((value) => value.trim() !== '')
  const lines = given
    .flatMap((value) => value.split(/\r?\n/).map((line) => line.trim()))
    .filter((line) => line.length >= shortestMaskedLine)
  return [...new Set([...given, ...lines])]
}

// What this machine knows of logins for downloads: IMAGE_TEST_AUTH (USER:PASSWORD, Bearer TOKEN or a token), the passwords of proxies and those
// of netrc. Read before anything else, so that nothing that is read later can tell them.
export const networkSecrets = (env: Surroundings['env']): readonly string[] => {
  const auth = env['IMAGE_TEST_AUTH']?.trim()
  const parts = auth === undefined ? [] : [auth, auth.replace(/^[A-Za-z]+ /, ''), auth.replace(/^[^:]*:/, '')]
  const proxies = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [env[name], env[name.toUpperCase()]])
  // As they are read there: without a scheme too.
  const addresses = proxies.map((proxy) => (proxy === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`))
  return [...parts, ...addresses.flatMap(secretsOfUrl), ...netrcPasswords(env)]
}

const netrcPasswords = (env: Surroundings['env']): readonly string[] => netrcLogins(env).map(({ password }) => password)

interface PassEnv extends Surroundings {
  readonly report: Report
  readonly warn: (text: string) => void
}

// The host's variables that tests shall see, and the values among them that are masked.
export const passEnv = (names: readonly string[], { env, report, warn }: PassEnv) => {
  const passed: Record<string, string> = {}
  for (const name of names) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined)
      report(`input pass-env: the environment variable ${quote(name)} is not set here; set it under \`env\` of the step, or remove it`)
    else passed[name] = value
    if (value !== undefined && value !== '' && value.length < shortestMasked)
      warn(`the value of ${name} (pass-env) has fewer than ${shortestMasked} characters and is not masked`)
  }
  return { env: passed, masked: Object.values(passed).filter((value) => value.length >= shortestMasked) }
}

// The user's private key, given as itself or as the path of its file: as ssh2 reads it and as it was written. Messages never repeat what was
// given: it may be the key.
export const readSshKey = async (
  given: string | undefined,
  surroundings: Surroundings,
  report: Report,
): Promise<{ readonly key: string; readonly text: string } | undefined> => {
  if (given === undefined) return undefined
  const file =
    given.includes('-----BEGIN') || given.trim().includes('\n')
      ? undefined
      : await readTextFile(given.trim(), { ...surroundings, limitMib: 1, what: 'a key' })
  const text = file === undefined ? given : file.ok ? file.text : ''
  const key = readPrivateKey(text)
  if ('key' in key) return { key: key.key, text }
  report(
    key.refused === 'a passphrase'
      ? 'input ssh-key: needs a passphrase, which nobody can type here; give a key without one (ssh-keygen -p), made for tests alone'
      : 'input ssh-key: must be a private key in OpenSSH or PEM form (-----BEGIN … PRIVATE KEY-----) or the path of a file with one',
  )
  return undefined
}

// Whether it is the user data itself, and no path of a file with it.
export const isInlineUserData = (given: string): boolean => {
  const text = given.trim()
  return text.includes('\n') || text.startsWith('#') || text.startsWith('{') || /^(content-type|mime-version):/i.test(text)
}

// The user's own user data, given as itself or as the path of its file. Every form that cloud-init knows says so in its first line; an
// Ignition config is a JSON object.
export const readUserData = async (given: string | undefined, surroundings: Surroundings, report: Report) => {
  if (given === undefined) return undefined
  const path = given.trim()
  if (isInlineUserData(given)) return { text: given, from: 'the input user-data' }
  const read = await readTextFile(path, { ...surroundings, limitMib: 1, what: 'user data' })
  if (read.ok) return { text: read.text, from: path }
  report(
    `input user-data: must be user data, which begins with \`#cloud-config\`, an Ignition config, or the path of a file with it; as a path it ${read.problem}`,
  )
  return undefined
}

// A shorter query, such as ?raw=1, is no signature.
const shortestSignature = 16

// What an address of the user's has of secrets: its password, as written and decoded, and its query and fragment, which may be a signature.
export const secretsOfUrl = (address: string | undefined): readonly string[] => {
  const url = address?.replace(/^[a-z][a-z-]*:(?=https?:\/\/)/i, '') // compose:https://…
  if (url === undefined || !URL.canParse(url)) return []
  const { username, password: given, search, hash } = new URL(url)
  const password = given === '' && username.length >= shortestSignature ? username : given // a token alone
  const signed = [search, hash].map((part) => part.slice(1)).filter(({ length }) => length >= shortestSignature)
  return [...(password === '' ? [] : [password, decodePercent(password)]), ...signed]
}
