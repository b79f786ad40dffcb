import type { Job } from '../config/job'
import { JobError } from '../errors'
import { hostTime } from '../lib/host-time'

export interface JobLimit {
  readonly signal: AbortSignal
  readonly run: (slowdown: number) => void // goes on after a pause; a default limit counts for KVM
  readonly pause: () => void
  readonly stoodStillMs: () => number // how long the host did not run: it counts for nothing
  readonly clear: () => void
}

// The job's own timeout, joined with the caller's signal.
export const jobLimit = ({ timeout }: Job, outer: AbortSignal): JobLimit => {
  const controller = new AbortController()
  const stoodBeforeMs = hostTime.stoodStillMs()
  const startedMs = hostTime.now()
  const onAbort = (): void => {
    controller.abort(outer.reason)
  }
  let stop = (): void => undefined
  const arm = (limitMs: number): void => {
    stop()
    stop = hostTime.after(startedMs + limitMs - hostTime.now(), () => {
      controller.abort(
        new JobError('timed-out', `the job did not end within its timeout of ${Math.round(limitMs / 1000)} s`, {
          hint: 'Raise `timeout`, or look at what the log shows last.',
        }),
      )
    })
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
      stop()
    },
    stoodStillMs: () => hostTime.stoodStillMs() - stoodBeforeMs,
    clear: () => {
      stop()
      outer.removeEventListener('abort', onAbort)
    },
  }
}
