interface Ending {
  end(): Promise<void>
}

// Starts all of them, or none. After the first failure the others are told to stop, and whatever came up all the same is seen to end before
// that failure is thrown.
export const startAll = async <T extends Ending>(
  starts: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<readonly T[]> => {
  const over = new AbortController()
  const stop = (): void => {
    over.abort(signal.reason)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const errors: unknown[] = []
  const came = await Promise.all(
    starts.map((start) =>
      start(over.signal).catch((error: unknown) => {
        errors.push(error)
        over.abort(error)
        return undefined
      }),
    ),
  ).finally(() => {
    signal.removeEventListener('abort', stop)
  })
  const started = came.filter((one) => one !== undefined)
  if (errors.length === 0) return started
  await Promise.all(started.map((one) => one.end()))
  throw errors[0]
}
