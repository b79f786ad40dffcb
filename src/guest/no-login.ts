import { systemClock } from '../lib/clock'

// An answer that stays the same so often and for so long does not change any more: an expired password, nologin, a forced command. Until then
// it may be a system that is still booting.
const times = 4
const sinceMs = 5000

// Remembers how the first command of each user that can log in ended.
export const noLogins = (slowdown: number) => {
  const answers = new Map<string, { readonly same: string; readonly firstMs: number; readonly count: number }>()
  return {
    add: (user: string, why: string): void => {
      const same = why.replace(/\d+/g, '0') // a time or a process id makes no other answer
      const before = answers.get(user)
      const known = before?.same === same ? before : { same, firstMs: systemClock.now(), count: 0 }
      answers.set(user, { ...known, count: known.count + 1 })
    },
    stays: (user: string): boolean => {
      const answer = answers.get(user)
      return answer !== undefined && answer.count >= times && systemClock.now() - answer.firstMs >= sinceMs * slowdown
    },
  }
}
