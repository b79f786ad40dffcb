import { setTimeout as delay } from 'node:timers/promises'

// Monotonic milliseconds and the only sleep. Tests pass one whose time they move.
export interface Clock {
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void> // rejects with the signal's reason
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      signal?.throwIfAborted() // Node hides the reason in an AbortError
      throw error
    }
  },
}
