// A file over several connections at once, in order: for servers that give each connection only so much.
import type { Clock } from '../lib/clock'

export interface RangeLimits {
  readonly connections: number
  readonly pieceBytes: number // so much of each connection is held in memory at most
  readonly measureMs: number // how long the pace is watched before it is judged
  readonly slowBytesPerSecond: number // above that, one connection is enough, and the polite way
  readonly leastBytes: number // with less than that to come, it is not worth while
}

export interface Pieces {
  readonly start: number
  readonly end: number // exclusive
  readonly limits: RangeLimits
  readonly signal: AbortSignal
  readonly fetch: (start: number, end: number, signal: AbortSignal) => Promise<readonly Buffer[]>
}

// The bytes from start to end. What is under way when the caller stops, or when a piece fails, is aborted.
export async function* inPieces({ start, end, limits, signal, fetch }: Pieces): AsyncGenerator<Buffer> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const pieces: Promise<readonly Buffer[]>[] = []
  let next = start
  const begin = (): void => {
    if (next >= end) return
    const from = next
    next = Math.min(from + limits.pieceBytes, end)
    const piece = fetch(from, next, either)
    piece.catch(() => undefined) // heard of when its turn comes
    pieces.push(piece)
  }
  try {
    for (let connection = 0; connection < limits.connections; connection += 1) begin()
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      const chunks = await piece
      begin()
      yield* chunks
    }
  } finally {
    over.abort()
  }
}

export interface Pace {
  add(bytes: number, busyMs: number): void // busy with what came, so that nothing was waited for
  // Bytes per second of the last stretch, once it is over and another begins; undefined as well when we ourselves were what held it up.
  judge(): number | undefined
}

export const watchPace = (measureMs: number, clock: Clock): Pace => {
  let sinceMs = clock.now()
  let bytes = 0
  let busyMs = 0
  return {
    add: (more, tookMs) => {
      bytes += more
      busyMs += tookMs
    },
    judge: () => {
      const elapsedMs = clock.now() - sinceMs
      if (elapsedMs < measureMs) return undefined
      const rate = busyMs > elapsedMs / 5 ? undefined : (bytes * 1000) / elapsedMs
      sinceMs += elapsedMs
      bytes = 0
      busyMs = 0
      return rate
    },
  }
}
