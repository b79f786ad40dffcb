import { JobError, toJobError } from '../errors'

export interface Cancellation {
  readonly signal: AbortSignal // its reason is a JobError, usually 'cancelled'
  readonly by: () => NodeJS.Signals | undefined
  stop(): void // listens no longer
}

// SIGINT and SIGTERM end the run with its teardown and report; a second SIGINT ends the process at once. An error that nobody caught ends the
// run as one of the infrastructure: even then there are a verdict and a report.
export const onCancel = (secondSigint: () => void): Cancellation => {
  const controller = new AbortController()
  let by: NodeJS.Signals | undefined
  const listen = (signal: NodeJS.Signals): void => {
    if (by !== undefined) {
      if (signal === 'SIGINT') secondSigint()
      return
    }
    by = signal
    controller.abort(
      new JobError('cancelled', `the run was cancelled (${signal})`, {
        hint: 'Nothing is left behind; what was found until then is in the report.',
      }),
    )
  }
  const listenToErrors = (error: unknown): void => {
    controller.abort(toJobError(error))
  }
  process.on('SIGINT', listen)
  process.on('SIGTERM', listen)
  process.on('uncaughtException', listenToErrors)
  return {
    signal: controller.signal,
    by: () => by,
    stop: () => {
      process.off('SIGINT', listen)
      process.off('SIGTERM', listen)
      process.off('uncaughtException', listenToErrors)
    },
  }
}

// 128 + the signal's number, as shells tell it.
export const cancelledExitCode = (by: NodeJS.Signals | undefined): number => (by === 'SIGTERM' ? 143 : 130)
