import { hostTime } from './host-time'
import { unlessAborted } from './unless-aborted'

// What work comes to, or undefined when that takes longer than so many milliseconds; the work goes on then, and no timer is left either way.
// Rejects with the signal's reason.
export const atMost = async <T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T | undefined> => {
  let cancel = (): void => undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = hostTime.after(ms, () => {
      resolve(undefined)
    })
  })
  try {
    const first = Promise.race([work, late])
    return await (signal ? unlessAborted(first, signal) : first)
  } finally {
    cancel()
  }
}
