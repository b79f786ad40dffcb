import { expect, it } from 'vitest'
import { atMost } from '../../../src/lib/at-most'
import { onPaperClock } from '../../support/paper/clock'

const never = new Promise<never>(() => undefined)

it.each<[string, (signal: AbortSignal) => Promise<unknown>, unknown]>([
  ['work that ends', () => atMost(500, Promise.resolve('done')), 'done'],
  ['work that does not', () => atMost(500, never), undefined],
  ['work that fails', () => atMost(500, Promise.reject(new Error('failed'))).catch(String), 'Error: failed'],
  ['a wait that is ended', (signal) => atMost(500, never, signal).catch(String), 'Error: cancelled'],
])('leaves no timer: %s', async (what, work, came) => {
  const ending = new AbortController()
  if (what.startsWith('a wait')) ending.abort(new Error('cancelled'))
  expect(await onPaperClock(() => work(ending.signal))).toBe(came)
})
