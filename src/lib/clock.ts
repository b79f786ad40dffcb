import { hostTime } from './host-time'

// Monotonic milliseconds and the only sleep. Tests pass one whose time they move.
export interface Clock {
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void> // rejects with the signal's reason
}

// Counts the time in which the host ran.
export const systemClock: Clock = {
  now: () => hostTime.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      const abort = (): void => {
        cancel()
        reject(signal?.reason as Error)
      }
      const cancel = hostTime.after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    }),
}
