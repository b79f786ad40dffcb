import { afterEach, expect, it, vi } from 'vitest'
import { noLogins } from '../../../src/guest/no-login'

afterEach(() => {
  vi.useRealTimers()
})

it.each([1, 3])('gives a system that still boots its time, on a host that is %i times slower', async (slowdown) => {
  vi.useFakeTimers()
  const logins = noLogins(slowdown)
  const stays: boolean[] = []
  for (let second = 0; second <= 20; second += 1) {
    logins.add('tiny', 'the system is booting up')
    stays.push(logins.stays('tiny'))
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(stays.indexOf(true)).toBe(5 * slowdown)
})
