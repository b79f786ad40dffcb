import { expect, it } from 'vitest'
import { keepEnd, keptBytes } from '../../../src/steps/kept'

it('keeps an output as it is while it is not too long, in pieces of any size', () => {
  for (const size of [1, 1000, 2 ** 20]) {
    const kept = keepEnd()
    for (let at = 0; at < keptBytes; at += size) kept.push(Buffer.alloc(Math.min(size, keptBytes - at), 'x'))
    expect(kept.output()).toEqual({ text: 'x'.repeat(keptBytes), whole: true })
  }
})

it('keeps the end of what is longer, and says so', () => {
  const kept = keepEnd()
  kept.push(Buffer.alloc(3 * keptBytes, 'x'))
  kept.push(Buffer.from('end'))
  const { text, whole } = kept.output()
  expect([text.length, text.slice(-4), whole]).toEqual([keptBytes, 'xend', false])
})

// Each piece may be a window on what came from the network at once.
it('holds little more than the end, however small the pieces are', () => {
  const kept = keepEnd()
  globalThis.gc?.()
  const before = process.memoryUsage()
  for (let count = 0; count < keptBytes; count += 1) kept.push(Buffer.alloc(256, 'x').subarray(0, 1))
  globalThis.gc?.()
  const after = process.memoryUsage()
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(100 * keptBytes)
  expect(kept.output().text).toHaveLength(keptBytes)
})
