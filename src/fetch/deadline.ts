import type { Clock } from '../lib/clock'
import { JobError } from '../errors'
import { hostTime } from '../lib/host-time'

// A signal that aborts with the caller's or when the time is up; dispose removes its timer.
export const deadlineSignal = (signal: AbortSignal, deadlineMs: number, clock: Clock, doing: () => string) => {
  const controller = new AbortController()
  const cancel = hostTime.after(deadlineMs - clock.now(), () => {
    controller.abort(
      new JobError('infra-error', `the time is up while ${doing()}`, {
        hint: 'Raise the timeout of the job, or use a nearer mirror or a smaller image.',
      }),
    )
  })
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    dispose: cancel,
  }
}
