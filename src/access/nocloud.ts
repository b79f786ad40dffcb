import { parse } from 'yaml'
import type { SeedFile } from './seed'

export interface SeedRequest {
  readonly instanceId: string // fresh for each machine, kept across its reboots
  readonly hostname: string
  readonly authorizedKeys: readonly string[] // OpenSSH public keys for the image's default user
  readonly hostKeys: Readonly<Record<'ed25519' | 'ecdsa', { readonly private: string; readonly public: string }>> // OpenSSH format
  readonly password?: string // asked for by the user; without it password login is left as the image has it
  readonly userData?: string // the user's own
}

// The NoCloud seed: as little as lets us in and proves that it is the guest that answers. See cloud-init's NoCloud data source and
// modules users_groups, ssh and set_passwords.
export const noCloudSeed = (request: SeedRequest): readonly SeedFile[] => [
  { path: 'meta-data', content: bytes(`instance-id: ${request.instanceId}\nlocal-hostname: ${request.hostname}\n`) },
  { path: 'user-data', content: bytes(userData(request)) },
]

const userData = (request: SeedRequest): string =>
  request.userData === undefined ? cloudConfig(request) : multipart([userPart(request.userData), ourPart(cloudConfig(request))])

const cloudConfig = ({ authorizedKeys, hostKeys, password }: SeedRequest): string =>
  [
    '#cloud-config',
    'ssh_authorized_keys:',
    ...authorizedKeys.map((key) => `  - ${key}`),
    'ssh_keys:',
    ...Object.entries(hostKeys).flatMap(([kind, key]) => [
      `  ${kind}_private: |`,
      ...key.private
        .trim()
        .split('\n')
        .map((line) => `    ${line}`),
      `  ${kind}_public: ${key.public}`,
    ]),
    ...(password === undefined ? [] : [`password: ${quoted(password)}`, 'chpasswd: {expire: false}', 'ssh_pwauth: true']),
    '',
  ].join('\n')

// JSON is YAML but for characters that JSON leaves as they are and PyYAML refuses, or folds as line ends.
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

// Lists of ours are appended to the user's and mappings are joined, so that neither replaces the other.
const ourPart = (config: string): string =>
  `Content-Type: text/cloud-config; charset="utf-8"\nMerge-Type: list(append)+dict(recurse_list)+str()\n\n${config}`

// cloud-init tells the kind of a part by its MIME type; a part that is multipart itself keeps its own header.
const userPart = (text: string): string =>
  /^(content-type|mime-version):/i.test(text) ? text : `Content-Type: ${mimeType(text)}; charset="utf-8"\n\n${text}`

const kinds: readonly (readonly [string, string])[] = [
  ['#cloud-config-archive', 'text/cloud-config-archive'],
  ['#cloud-config', 'text/cloud-config'],
  ['## template: jinja', 'text/jinja2'],
  ['#include-once', 'text/x-include-once-url'],
  ['#include', 'text/x-include-url'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#part-handler', 'text/part-handler'],
  ['#!', 'text/x-shellscript'],
]

// The MIME type that cloud-init gives to user data by its first line, or undefined when it would ignore it.
export const userDataKind = (text: string): string | undefined =>
  /^(content-type|mime-version):/i.test(text) ? 'multipart/mixed' : kinds.find(([start]) => text.startsWith(start))?.[1]

// Whether user data of the user's own makes users, but not the image's default one, to whom our key would go (cloud-init, users_groups).
export const leavesOutDefaultUser = (text: string): boolean => {
  if (userDataKind(text) !== 'text/cloud-config') return false
  const users = usersOf(text)
  const list = Array.isArray(users) ? (users as readonly unknown[]) : undefined
  return list !== undefined && !list.some((user) => user === 'default' || isNamed(user, 'default'))
}

const isNamed = (user: unknown, name: string): boolean => typeof user === 'object' && user !== null && 'name' in user && user.name === name

const usersOf = (text: string): unknown => {
  try {
    const config: unknown = parse(text, { maxAliasCount: 100, logLevel: 'error' })
    return typeof config === 'object' && config !== null && 'users' in config ? config.users : undefined
  } catch {
    return undefined // cloud-init will say so
  }
}

const mimeType = (text: string): string => userDataKind(text) ?? 'text/plain'

const multipart = (parts: readonly string[]): string => {
  const boundary = '==image-test-part=='
  const body = parts.map((part) => `--${boundary}\n${part.trimEnd()}\n`).join('\n')
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${body}\n--${boundary}--\n`
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
