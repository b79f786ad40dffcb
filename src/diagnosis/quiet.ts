import type { Clock } from '../lib/clock'

export interface Quiet {
  readonly lines: () => number // seen so far
  readonly ms: number
  readonly clock: Clock
}

// Calls once no line came for so long, unless it is called off.
export const whenQuiet = ({ lines, ms, clock }: Quiet, call: () => void): AbortController => {
  const calledOff = new AbortController()
  const wait = async (): Promise<void> => {
    try {
      for (let seen = -1; seen !== lines();) {
        seen = lines()
        await clock.sleep(ms, calledOff.signal)
      }
    } catch {
      return
    }
    call()
  }
  void wait()
  return calledOff
}
