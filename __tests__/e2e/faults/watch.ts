// Looks at a run from outside while it goes: its log, its processes, its memory.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { leftovers, type Started, type Step } from '../runner'
import type { Run } from './row'

export const watchRun = (step: Step, main: Started, sign: RegExp | undefined, slack = 1) => {
  const state: { ended: boolean; signMs?: number; reactedMs?: number; endedMs?: number } = { ended: false }
  let peakBytes = 0
  let readChars = 0
  const look = (): void => {
    const log = main.log()
    if (log.length === readChars) return
    const fresh = log.slice(Math.max(readChars - 500, 0)) // the sign may have come in two pieces
    readChars = log.length
    const now = performance.now()
    if (state.signMs === undefined && sign?.test(fresh) === true) state.signMs = now
    if (state.reactedMs === undefined && /^::error/m.test(fresh)) state.reactedMs = now
  }
  const logTimer = setInterval(look, 10)
  const memoryTimer = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(main.pid))
  }, 100)
  const finished = main.finished.then((end) => {
    look()
    state.ended = true
    state.endedMs = performance.now()
    clearInterval(logTimer)
    clearInterval(memoryTimer)
    return end
  })

  const until = async (what: string, condition: () => boolean, limitSeconds: number): Promise<void> => {
    const deadline = performance.now() + limitSeconds * 1000 * slack
    while (!condition()) {
      if (state.ended) throw new Error(`the run ended without ${what}`)
      if (performance.now() > deadline) throw new Error(`${what} did not show within ${limitSeconds * slack} s`)
      await sleep(20)
    }
  }
  const run: Run = {
    step,
    pid: main.pid,
    log: main.log,
    ended: () => state.ended,
    seen: (wanted, limitSeconds = 120) =>
      until(String(wanted), () => (typeof wanted === 'string' ? main.log().includes(wanted) : wanted.test(main.log())), limitSeconds),
    qemu: async (limitSeconds = 120) => {
      await until('a machine', () => machinesOf(step).length > 0, limitSeconds)
      return machinesOf(step)[0] ?? 0
    },
    faultNow: () => {
      state.signMs = performance.now()
    },
    kill: (signal) => {
      main.kill(signal)
    },
  }
  return {
    run,
    finished,
    peakBytes: () => peakBytes,
    reactMs: () => (state.signMs === undefined ? undefined : (state.reactedMs ?? state.endedMs ?? Infinity) - state.signMs),
  }
}

// Machines, not the short calls that ask QEMU for its version.
export const machinesOf = (step: Step): readonly number[] =>
  leftovers(step)
    .filter((line) => line.includes('/qemu-system-'))
    .map((line) => Number(line.split(' ')[0]))
    .filter((pid) => commandOf(pid).includes('image-test-'))

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

const peakOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
