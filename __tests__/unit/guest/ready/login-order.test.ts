import { describe, expect, it } from 'vitest'
import type { Login } from '../../../../src/access/login'
import { nextLogin, refuse, type Round } from '../../../../src/guest/ready/login-order'

const login = (user: string, privateKey = 'key'): Login => ({ user, auth: { kind: 'key', privateKey } })

// The users that are tried, when all are refused; `lists` holds what there is to try at each turn, the last one from then on.
const tried = (turns: number, ...lists: readonly (readonly Login[])[]): string[] => {
  let round: Round = { refused: [] }
  return Array.from({ length: turns }, (_, index) => {
    const turn = nextLogin(lists[index] ?? lists.at(-1) ?? [], round)
    round = refuse(turn.login, turn.round)
    return turn.login.user
  })
}

const usual = ['fedora', 'debian', 'ubuntu'].map((user) => login(user))

describe('the order of logins', () => {
  it('tries each user once in a round, and all of them again in the next', () => {
    expect(tried(7, usual)).toEqual(['fedora', 'debian', 'ubuntu', 'fedora', 'debian', 'ubuntu', 'fedora'])
  })

  it('tries a user whom the console tells next, and then goes on where it was', () => {
    expect(tried(6, usual, [login('arch'), ...usual])).toEqual(['fedora', 'arch', 'debian', 'ubuntu', 'arch', 'fedora'])
  })

  it('tries a told user once more who was refused in this round, before cloud-init made them', () => {
    const told = [login('debian'), login('fedora'), login('ubuntu')]
    expect(tried(6, usual, usual, told)).toEqual(['fedora', 'debian', 'debian', 'ubuntu', 'debian', 'fedora'])
  })

  it('tries each way in of a user', () => {
    const both = [login('root', 'one'), login('root', 'two'), { user: 'root', auth: { kind: 'password', password: 'one' } } as const]
    let round: Round = { refused: [] }
    const auths = both.map(() => {
      const turn = nextLogin(both, round)
      round = refuse(turn.login, turn.round)
      return turn.login.auth
    })
    expect(auths).toEqual(both.map(({ auth }) => auth))
  })

  it('stays with a login that was not refused', () => {
    const { login: first, round } = nextLogin(usual, { refused: [] })
    expect(nextLogin(usual, round).login).toBe(first)
  })
})
