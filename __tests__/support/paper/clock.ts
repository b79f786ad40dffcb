// Time that leaps: while everybody waits, the next timer is due. Nothing that runs on it may wait for anything but timers and promises.

interface Timer {
  readonly dueMs: number
  readonly then: () => void
}

// Of what the work leaves, such as the loser of a race.
const mostLeft = 100_000

// Runs work on a clock of its own, which starts at 0, and after it whatever still waits: time is watched as long as anybody does, and a timer that
// was only forgotten would be a host that stands still in the next work. Fails when nothing is left to wait for.
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
    for (let left = mostLeft; ;) {
      await quiet()
      if (ended) left -= 1
      const next = earliest(pending)
      if (ended && (!next || left < 0)) return await working
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
