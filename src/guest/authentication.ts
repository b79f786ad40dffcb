import type { AnyAuthMethod, KeyboardInteractiveAuthMethod } from 'ssh2'
import type { Login } from '../access/login'

export interface Authentication {
  // What to try next, false for nothing more; both arguments are null at the first call. ssh2's types know only the form with a callback.
  readonly handler: (methods: readonly string[] | null, partialSuccess: boolean | null) => AnyAuthMethod | false
  readonly refusal: () => string | undefined // why it came to nothing, when the server said more than no
}

// Proves to a server who we are, and remembers what it asked for. What it does not offer is not tried: each try counts for its MaxAuthTries.
// hostKey: what the server has shown, once it has.
export const authentication = ({ user, auth }: Login, hostKey: () => Buffer | undefined): Authentication => {
  let ways: AnyAuthMethod[] | undefined
  let offered: readonly string[] | undefined // undefined until the server has answered
  let taken = false
  let tried = false
  return {
    handler: (methods, partialSuccess) => {
      ways ??= waysOf(user, auth, hostKey())
      offered = methods ?? undefined
      taken ||= partialSuccess === true
      let way = ways.shift()
      while (way && offered?.includes(way.type) === false) way = ways.shift()
      tried ||= way !== undefined && way.type !== 'none'
      return way ?? false
    },
    refusal: () => {
      if (offered === undefined) return undefined
      const asked = offered.length === 0 ? 'something else' : offered.join(' or ')
      if (taken) return `sshd took the ${auth.kind}, but asks for ${asked} as well`
      return tried ? undefined : `sshd takes no ${auth.kind}, but ${asked}`
    },
  }
}

const waysOf = (username: string, auth: Login['auth'], hostKey: Buffer | undefined): AnyAuthMethod[] => {
  const none: AnyAuthMethod = { type: 'none', username }
  if (auth.kind === 'key') {
    const keys = [auth.privateKey, auth.otherKey].filter((key) => key !== undefined)
    // A server that has no ed25519 for itself takes none from us; it may end the connection after one wrong key.
    if (hostKey !== undefined && !hostKey.includes('ssh-ed25519')) keys.reverse()
    return [none, ...keys.map((key) => ({ type: 'publickey', username, key }) as const)]
  }
  const { password } = auth
  const prompt: KeyboardInteractiveAuthMethod['prompt'] = (_name, _instructions, _language, prompts, answer) => {
    answer(prompts.map(() => password))
  }
  return [none, { type: 'password', username, password }, { type: 'keyboard-interactive', username, prompt }]
}
