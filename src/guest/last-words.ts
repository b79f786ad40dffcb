import { systemClock } from '../lib/clock'

// A kernel tells of its panic before it stops the other processors, which may answer until then.
const stopsMs = 500
const mostPauses = 4 // where words come without end

// Whether a machine outlived what it said just now: it is asked after a pause, and for what it says later once more. Nobody knows of one that
// is ended meanwhile.
export const lastWords = (answers: () => Promise<boolean>, ended: AbortSignal): (() => Promise<boolean>) => {
  let heard = 0
  let waiting: Promise<boolean> | undefined
  const ask = async (): Promise<boolean> => {
    for (let pauses = 0, known = 0; known !== heard && pauses < mostPauses; pauses += 1) {
      known = heard
      await systemClock.sleep(stopsMs, ended).catch(() => undefined)
    }
    waiting = undefined
    return !ended.aborted && answers()
  }
  return () => {
    heard += 1
    return (waiting ??= ask())
  }
}
