import type { AccessSpec } from '../config/job'
import { almalinux, centosStream, debian, fedora, rocky, ubuntu } from '../images/distributions/table'
import type { Disks } from '../images/disks'
import { boxLogins } from './box-logins'
import type { Keys } from './keys'
import type { Login } from './login'
import { usualUser } from './usual-user'

export interface LoginsRequest {
  readonly access: AccessSpec
  readonly image: Disks
  readonly provisionedUser: string | undefined // whom the seed makes
  readonly keys: Keys
  readonly consoleUser: () => string | undefined // who logs in on the system that the console greets with, once it does
}

// The ways in, likeliest first; they may become more as the console speaks.
export const loginsOf = ({ access, image, provisionedUser, keys, consoleUser }: LoginsRequest): (() => readonly Login[]) => {
  if (image.box !== undefined) {
    const logins = boxLogins(image.box, access)
    return () => logins
  }
  const auths: Login['auth'][] = [
    { kind: 'key', privateKey: keys.ed25519.private, otherKey: keys.ecdsa.private },
    ...(access.sshKey === undefined ? [] : [{ kind: 'key' as const, privateKey: access.sshKey }]),
    ...(access.password === undefined ? [] : [{ kind: 'password' as const, password: access.password }]),
  ]
  const asked = access.loginUser ?? provisionedUser ?? image.loginUser
  const name = image.facts.asked.split('/').at(-1) ?? ''
  return () => {
    const users = asked === undefined ? unique([consoleUser(), usualUser(name), ...usualUsers]) : [asked]
    return users.flatMap((user) => auths.map((auth) => ({ user, auth })))
  }
}

// Tried in turn when neither the job nor the image's name nor its console tells the user.
const usualUsers = [...[fedora, centosStream, debian, ubuntu, almalinux, rocky].map(({ user }) => user), 'root']

const unique = (names: readonly (string | undefined)[]): string[] => [...new Set(names.filter((name) => name !== undefined))]
