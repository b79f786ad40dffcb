import type { Clock } from '../lib/clock'
import { formatBytes } from '../lib/shown'

export interface Progress {
  total(bytes: number | undefined): void
  add(bytes: number): void
}

// Tells how far a transfer is, at most once a second: 'downloading x.qcow2: 120 MiB of 557 MiB (21%), 45.1 MiB/s'.
export const createProgress = (doing: string, onProgress: (text: string) => void, clock: Clock): Progress => {
  let done = 0
  let total: number | undefined
  let reportedAtMs = clock.now()
  let reported = 0
  return {
    total: (bytes) => {
      total = bytes
    },
    add: (bytes) => {
      done += bytes
      const now = clock.now()
      const elapsedMs = now - reportedAtMs
      if (elapsedMs < 1000) return
      const rate = `${formatBytes(((done - reported) * 1000) / elapsedMs)}/s`
      const share = total === undefined || total === 0 ? '' : ` of ${formatBytes(total)} (${Math.floor((done / total) * 100)}%)`
      onProgress(`${doing}: ${formatBytes(done)}${share}, ${rate}`)
      reportedAtMs = now
      reported = done
    },
  }
}
