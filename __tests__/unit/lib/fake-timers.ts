import type { Timers } from '../../../src/lib/host-time'

// Timers whose time a test moves; a host that stands still runs what is due when it goes on, as Node does.
export const fakeTimers = () => {
  let nowMs = 0
  let busyMs = 0
  let pending: { readonly dueMs: number; readonly then: () => void }[] = []
  const runUntil = (endMs: number, at: (dueMs: number) => number): void => {
    for (;;) {
      const next = pending.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (!next) return
      pending = pending.filter((timer) => timer !== next)
      nowMs = at(next.dueMs)
      next.then()
    }
  }
  const timers: Timers = {
    now: () => nowMs,
    busyMs: () => busyMs,
    after: (ms, then) => {
      const timer = { dueMs: nowMs + ms, then }
      pending.push(timer)
      return () => {
        pending = pending.filter((other) => other !== timer)
      }
    },
  }
  return {
    timers,
    advance: (ms: number): void => {
      const endMs = nowMs + ms
      runUntil(endMs, (dueMs) => Math.max(dueMs, nowMs))
      nowMs = endMs
    },
    standStill: (ms: number): void => {
      nowMs += ms
      const endMs = nowMs
      runUntil(endMs, () => endMs)
    },
    work: (ms: number): void => {
      busyMs += ms
      nowMs += ms
      const endMs = nowMs
      runUntil(endMs, () => endMs)
    },
    pending: () => pending.length,
  }
}
