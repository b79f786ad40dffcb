import type { Job } from '../config/job'
import { JobError } from '../errors'
import { systemClock } from '../lib/clock'

export interface JobLimit {
  readonly signal: AbortSignal
  readonly run: (slowdown: number) => void // goes on after a pause; a default limit counts for KVM
  readonly pause: () => void
  readonly clear: () => void
}

// The job's own timeout, joined with the caller's signal.
export const jobLimit = ({ timeout }: Job, outer: AbortSignal): JobLimit => {
  const controller = new AbortController()
  const startedMs = systemClock.now()
  const onAbort = (): void => {
    controller.abort(outer.reason)
  }
  let timer: NodeJS.Timeout | undefined
  const arm = (limitMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        controller.abort(
          new JobError('timed-out', `the job did not end within its timeout of ${Math.round(limitMs / 1000)} s`, {
            hint: 'Raise `timeout`, or look at what the log shows last.',
          }),
        )
      },
      startedMs + limitMs - systemClock.now(),
    )
  }
  if (outer.aborted) onAbort()
  else outer.addEventListener('abort', onAbort, { once: true })
  arm(timeout.ms)
  return {
    signal: controller.signal,
    run: (slowdown) => {
      arm(timeout.written ? timeout.ms : timeout.ms * slowdown)
    },
    pause: () => {
      clearTimeout(timer)
    },
    clear: () => {
      clearTimeout(timer)
      outer.removeEventListener('abort', onAbort)
    },
  }
}
