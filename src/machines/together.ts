import { JobError } from '../errors'

// Does the same for several machines, side by side. After the first failure the others are called off, and each is seen to end before that
// failure is thrown.
export const together = async <T>(tasks: readonly ((signal: AbortSignal) => Promise<T>)[], signal: AbortSignal): Promise<readonly T[]> => {
  const over = new AbortController()
  const stop = (): void => {
    over.abort(signal.reason)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const errors: unknown[] = []
  const results = await Promise.all(
    tasks.map((task) =>
      task(over.signal).then(
        (value) => [value],
        (error: unknown) => {
          errors.push(error)
          over.abort(calledOff())
          return []
        },
      ),
    ),
  ).finally(() => {
    signal.removeEventListener('abort', stop)
  })
  if (errors.length > 0) throw errors[0]
  return results.flat()
}

// What ends a machine that has no fault of its own.
export const calledOff = (): JobError =>
  new JobError('cancelled', 'another machine of the job failed', { hint: 'See what became of that one.' })
