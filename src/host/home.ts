import { userInfo } from 'node:os'
import { isAbsolute } from 'node:path'

// The home of the user, undefined where there is none: without HOME, or with an empty one, in a container whose user has no entry in passwd.
export const homeOf = ({ HOME: home }: Readonly<Record<string, string | undefined>>): string | undefined => {
  if (home !== undefined && isAbsolute(home)) return home
  try {
    return userInfo().homedir
  } catch {
    return undefined
  }
}
