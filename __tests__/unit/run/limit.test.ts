import { expect, it, vi } from 'vitest'
import type { Job } from '../../../src/config/job'
import { jobLimit } from '../../../src/run/limit'

const limitOf = (ms: number, written: boolean) => jobLimit({ timeout: { ms, written } } as Job, new AbortController().signal)

it.each([
  ['a written limit counts', true, 1000, 1000],
  ['a default one is scaled', false, 1000, 4000],
])('%s from the start of the job, over attempts and the pauses between them', async (_, written, ms, limitMs) => {
  vi.useFakeTimers()
  try {
    const { signal, run, pause } = limitOf(ms, written)
    run(4)
    await vi.advanceTimersByTimeAsync(limitMs / 2)
    pause()
    await vi.advanceTimersByTimeAsync(limitMs / 4)
    run(4) // the next attempt
    await vi.advanceTimersByTimeAsync(limitMs / 4 - 1)
    expect(signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2)
    expect(signal.reason).toMatchObject({ outcome: 'timed-out' })
  } finally {
    vi.useRealTimers()
  }
})
