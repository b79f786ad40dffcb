import { together } from './together'

interface Ending {
  end(): Promise<void>
}

// Starts all of them, or none: whatever came up beside one that failed is seen to end before that failure is thrown.
export const startAll = async <T extends Ending>(
  starts: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<readonly T[]> => {
  const started: T[] = []
  const kept = starts.map((start) => async (signal: AbortSignal) => {
    const one = await start(signal)
    started.push(one)
    return one
  })
  try {
    return await together(kept, signal)
  } catch (error) {
    await Promise.all(started.map((one) => one.end()))
    throw error
  }
}
