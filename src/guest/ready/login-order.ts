import type { Login } from '../../access/login'

// Everybody is tried once in a round, the likeliest first. Pure: what a round has seen is handed from turn to turn, and logins are known by
// what they are, not by their place in a list that the console may change meanwhile.
export interface Round {
  readonly refused: readonly Login[]
  readonly likeliest?: string | undefined // user who stood first
}

export interface Turn {
  readonly login: Login
  readonly round: Round
}

// Who comes next. A user who has just become the likeliest (the console told them) comes at once, refused before or not. After a round the
// next begins: cloud-init may have made meanwhile whom sshd did not know.
export const nextLogin = (logins: readonly Login[], { refused, likeliest }: Round): Turn => {
  const [first] = logins
  if (!first) throw new RangeError('no login to try')
  const told = likeliest !== undefined && first.user !== likeliest
  const out = told ? refused.filter(({ user }) => user !== first.user) : refused
  const left = logins.find((login) => !out.some((other) => isSame(login, other)))
  return { login: left ?? first, round: { refused: left ? out : [], likeliest: first.user } }
}

export const refuse = (login: Login, round: Round): Round => ({ ...round, refused: [...round.refused, login] })

const isSame = (a: Login, b: Login): boolean => a.user === b.user && secretOf(a) === secretOf(b)

const secretOf = ({ auth }: Login): string => (auth.kind === 'key' ? auth.privateKey : `password ${auth.password}`)
