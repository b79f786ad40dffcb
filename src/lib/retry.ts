import { systemClock, type Clock } from './clock'

export interface RetryPolicy {
  readonly when: (error: unknown, attempt: number) => boolean
  readonly delayMs: (attempt: number) => number
  readonly deadlineMs: number // clock time after which no further attempt starts
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

// Runs an operation again while its failure is one that passes, until a wall-clock deadline. Throws the last failure.
export const retry = async <T>(
  operation: (attempt: number) => Promise<T>,
  { when, delayMs, deadlineMs, signal, clock = systemClock }: RetryPolicy,
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await operation(attempt)
    } catch (error) {
      const pause = delayMs(attempt)
      if (!when(error, attempt) || clock.now() + pause >= deadlineMs) throw error
      await clock.sleep(pause, signal)
    }
  }
}
