import { hostTime } from '../lib/host-time'

export interface StallWatch {
  wait(): void // we wait from now on
  rest(): void // something came
  stop(): void
}

// Fires when nothing came for so long while we waited; while we are busy with what came (unpacking, a slow disk), time does not count.
export const watchStall = (stallMs: number, onStall: () => void): StallWatch => {
  let waitingSince: number | undefined = hostTime.now()
  const timer = setInterval(
    () => {
      if (waitingSince !== undefined && hostTime.now() - waitingSince >= stallMs) onStall()
    },
    Math.max(stallMs / 10, 10),
  )
  return {
    wait: () => {
      waitingSince = hostTime.now()
    },
    rest: () => {
      waitingSince = undefined
    },
    stop: () => {
      clearInterval(timer)
    },
  }
}
