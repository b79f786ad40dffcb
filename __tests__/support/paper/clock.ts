// Time that leaps: while everybody waits, the next timer is due. Nothing that runs on it may wait for anything but timers and promises.

interface Timer {
  readonly dueMs: number
  readonly then: () => void
}

// Runs work on a clock of its own, which starts at 0. Fails when nothing is left to wait for, and when a timer is left that nobody waits for:
// in a process that goes on it would hold up others, and our own clock would never be at rest again.
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
  const ring = (timer: Timer): void => {
    pending.delete(timer)
    nowMs = timer.dueMs
    timer.then()
  }
  let ended = false as boolean
  try {
    const working = work().finally(() => (ended = true))
    working.catch(() => undefined)
    for (;;) {
      await quiet()
      const next = earliest(pending)
      if (ended && !next) return await working
      if (ended) await working
      if (ended && next) throw new Error(`a timer is left, due ${next.dueMs - nowMs} ms after the end`)
      if (!next) throw new Error('everybody waits, and nothing is due')
      ring(next)
    }
  } finally {
    for (let next = earliest(pending); next; next = earliest(pending)) {
      ring(next)
      await quiet()
    }
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
