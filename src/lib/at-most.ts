import { systemClock } from './clock'

// What work comes to, or undefined when that takes longer than so many milliseconds; the work goes on then, and no timer is left either way.
// Rejects with the signal's reason.
export const atMost = async <T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T | undefined> => {
  const done = new AbortController()
  const either = signal ? AbortSignal.any([signal, done.signal]) : done.signal
  try {
    return await Promise.race([work, systemClock.sleep(ms, either).then(() => undefined)])
  } finally {
    done.abort()
  }
}
