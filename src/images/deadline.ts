import type { Clock } from '../lib/clock'
import { JobError } from '../errors'

// A signal that aborts with the caller's or when the time is up; dispose removes its timer.
export const deadlineSignal = (signal: AbortSignal, deadlineMs: number, clock: Clock, doing: () => string) => {
  const controller = new AbortController()
  // Timers take 31 bits; a deadline further away than that is none.
  const leftMs = Math.min(Math.max(deadlineMs - clock.now(), 0), 2 ** 31 - 1)
  const timer = setTimeout(() => {
    controller.abort(
      new JobError('infra-error', `the time is up while ${doing()}`, {
        hint: 'Raise the timeout of the job, or use a nearer mirror or a smaller image.',
      }),
    )
  }, leftMs)
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    dispose: () => {
      clearTimeout(timer)
    },
  }
}
