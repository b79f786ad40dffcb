// Time that leaps: while everybody waits, the next timer is due. Nothing that runs on it may wait for anything but timers and promises.

interface Timer {
  readonly dueMs: number
  readonly then: () => void
}

// Runs work on a clock of its own, which starts at 0. Fails when nothing is left to wait for, and when work has ended before its timers: they
// would keep a process alive.
export const onPaperClock = async <T>(work: () => Promise<T>): Promise<T> => {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: performance.now.bind(performance) }
  let nowMs = 0
  const pending = new Set<Timer>()
  globalThis.setTimeout = ((then: () => void, ms = 0) => {
    const timer = { dueMs: nowMs + Math.max(ms, 0), then }
    pending.add(timer)
    return timer
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer: Timer) => pending.delete(timer)) as unknown as typeof clearTimeout
  performance.now = () => nowMs
  let ended = false as boolean
  try {
    const working = work().finally(() => (ended = true))
    working.catch(() => undefined)
    for (;;) {
      await quiet()
      if (ended) {
        const result = await working
        if (pending.size > 0) throw new Error(`${pending.size} timers are left`)
        return result
      }
      const next = earliest(pending)
      if (!next) throw new Error('everybody waits, and nothing is due')
      pending.delete(next)
      nowMs = next.dueMs
      next.then()
    }
  } finally {
    globalThis.setTimeout = real.setTimeout
    globalThis.clearTimeout = real.clearTimeout
    performance.now = real.now
  }
}

// Every promise that could go on has gone on.
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const earliest = (timers: ReadonlySet<Timer>): Timer | undefined => {
  let first: Timer | undefined
  for (const timer of timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer
  return first
}
