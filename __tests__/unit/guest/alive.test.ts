import { expect, it } from 'vitest'
import { answersSoon } from '../../../src/guest/alive'
import type { Session } from '../../../src/guest/session'

it.each([
  ['answers', { kind: 'exited', code: 0 }, true],
  ['is gone', { kind: 'lost', cause: 'closed' }, false],
] as const)('knows that a guest %s', async (_, result, alive) => {
  const session = { exec: () => Promise.resolve({ durationMs: 1, ...result }) } as unknown as Session
  expect(await answersSoon(session, 1)).toBe(alive)
})

it('knows that a guest is silent', async () => {
  const session = { exec: () => new Promise(() => undefined) } as unknown as Session
  expect(await answersSoon(session, 0.1)).toBe(false)
})
