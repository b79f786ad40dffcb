import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { unlessAborted } from '../../../src/lib/unless-aborted'

const never = new Promise<never>(() => undefined)
const reason = new Error('cancelled')

it.each<[string, (abort: () => void) => Promise<unknown>, unknown]>([
  ['work that ends', () => Promise.resolve('done'), 'done'],
  ['work that fails', () => Promise.reject(new Error('failed')), 'Error: failed'],
  [
    'work that never ends',
    (abort) => {
      setImmediate(abort)
      return never
    },
    'Error: cancelled',
  ],
  [
    'work that begins too late',
    (abort) => {
      abort()
      return Promise.reject(new Error('nobody hears it'))
    },
    'Error: cancelled',
  ],
])('hears the signal beside %s, and stops listening', async (_, work, came) => {
  const ending = new AbortController()
  const doing = work(() => {
    ending.abort(reason)
  })
  expect(await unlessAborted(doing, ending.signal).catch(String)).toBe(came)
  expect(getEventListeners(ending.signal, 'abort')).toEqual([])
})
