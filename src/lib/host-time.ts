// Time in which the host ran. A process that is stopped, or a runner that is suspended, misses what happens meanwhile: its timers come late
// and would end what is about to succeed, but was not yet read.

export interface Timers {
  now(): number // monotonic milliseconds
  after(ms: number, then: () => void): () => void // the answer cancels it
  busyMs?(): number // of processor time that we have used: who works does not stand still
}

export interface HostTime extends Omit<Timers, 'busyMs'> {
  stoodStillMs(): number // so far, while anybody waited; now() does not count it, nor does a wait
}

const beatMs = 500
// A busy host is late by less; what is later stood still.
const lateMs = 1000
// After a standstill no wait ends before so much time: for what waits in sockets and pipes, and what follows from it.
const readingMs = 1000
// Timers of Node take 31 bits.
const longestMs = 2 ** 31 - 1

export const createHostTime = (timers: Timers): HostTime => {
  let stoodStillMs = 0
  let waiting = 0
  let seenMs = 0 // when we last ran, while anybody waits
  let seenBusyMs = 0
  let gaps = 0 // in which we read nothing, by whose fault ever
  let stop = (): void => undefined
  const now = (): number => {
    const atMs = timers.now()
    const gapMs = atMs - seenMs - beatMs
    if (waiting > 0 && gapMs > lateMs) {
      const busyMs = timers.busyMs?.() ?? 0
      const idleMs = gapMs - (busyMs - seenBusyMs)
      if (idleMs > lateMs) stoodStillMs += idleMs
      gaps += 1
      seenBusyMs = busyMs
    }
    seenMs = atMs
    return atMs - stoodStillMs
  }
  const beat = (): void => {
    seenBusyMs = timers.busyMs?.() ?? 0
    stop = timers.after(beatMs, () => {
      now()
      beat()
    })
  }
  const join = (): void => {
    now()
    waiting += 1
    if (waiting === 1) beat()
  }
  const leave = (): void => {
    waiting -= 1
    if (waiting === 0) stop()
  }
  const after: Timers['after'] = (ms, then) => {
    join()
    const dueMs = now() + ms
    let knownMs = stoodStillMs
    let knownGaps = gaps
    let cancel: (() => void) | undefined
    const ring = (): void => {
      const leftMs = dueMs - now()
      const nextMs = Math.max(leftMs, stoodStillMs > knownMs || gaps > knownGaps ? readingMs : 0)
      knownMs = stoodStillMs
      knownGaps = Number.POSITIVE_INFINITY // what keeps us busy again and again delays nothing without end
      if (nextMs > 0) {
        arm(nextMs)
        return
      }
      cancel = undefined
      leave()
      then()
    }
    const arm = (nextMs: number): void => {
      cancel = timers.after(Math.min(nextMs, longestMs), ring)
    }
    arm(Math.max(ms, 0))
    return () => {
      if (!cancel) return
      cancel()
      cancel = undefined
      leave()
    }
  }
  return { now, after, stoodStillMs: () => stoodStillMs }
}

export const hostTime = createHostTime({
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms)
    return () => {
      clearTimeout(timer)
    }
  },
  busyMs: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
})
