// Time that leaps: while everybody waits, the next timer is due. Nothing that runs on it may wait for anything but timers and promises.

interface Timer {
  readonly dueMs: number
  readonly then: () => void
}

export interface PaperTime {
  readonly startMs?: number // of the calendar; absent: the real date
  readonly begins?: Promise<unknown> // until then time stands still, and files and programs may be waited for
}

const realNow = performance.now.bind(performance)
const realCpuUsage = process.cpuUsage.bind(process)

// Runs work on a clock of its own, which starts at 0. Fails when nothing is left to wait for, and when a timer is left that nobody waits for:
// in a process that goes on it would hold up others, and our own clock would never be at rest again.
export const onPaperClock = async <T>(work: () => Promise<T>, { startMs, begins }: PaperTime = {}): Promise<T> => {
  const { setTimeout, clearTimeout, Date: RealDate } = globalThis
  let nowMs = 0
  let begun = begins === undefined
  void begins?.then(() => (begun = true))
  const pending = new Set<Timer>()
  globalThis.setTimeout = ((then: () => void, ms = 0) => {
    const timer = { dueMs: nowMs + Math.max(ms, 0), then }
    pending.add(timer)
    return timer
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer: Timer) => pending.delete(timer)) as unknown as typeof clearTimeout
  performance.now = () => nowMs
  process.cpuUsage = () => ({ user: 0, system: 0 }) // nobody works in time that leaps
  if (startMs !== undefined) globalThis.Date = dateAt(() => startMs + nowMs)
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
      if (!begun && !ended) continue
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
    Object.assign(globalThis, { setTimeout, clearTimeout, Date: RealDate })
    performance.now = realNow
    process.cpuUsage = realCpuUsage
  }
}

const dateAt = (nowMs: () => number): DateConstructor =>
  class extends Date {
    constructor(...given: readonly unknown[]) {
      super(...((given.length === 0 ? [nowMs()] : given) as [number]))
    }
    static override now = nowMs
  } as DateConstructor

// Every promise that could go on has gone on.
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const earliest = (timers: ReadonlySet<Timer>): Timer | undefined => {
  let first: Timer | undefined
  for (const timer of timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer
  return first
}
