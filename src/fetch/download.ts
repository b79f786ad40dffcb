import { createHash } from 'node:crypto'
import type { Clock } from '../lib/clock'
import { retry } from '../lib/retry'
import { rangeOf, totalLength } from './content-range'
import type { Credentials } from './credentials'
import type { Digester } from '../lib/digests'
import { ChangedError, CutShortError, downloadError, isNetworkFailure, mayPass, words } from './download-errors'
import type { FetchLimits } from './limits'
import { HttpStatusError, open, type Response } from './http'
import { createProgress } from './progress'
import { inPieces, watchPace } from './ranges'
import { formatBytes, printable, shownUrl } from '../lib/shown'

// Takes the bytes in order, each once; it resolves when it wants more.
export type Sink = (chunk: Buffer) => Promise<void>

export interface Download {
  readonly url: URL
  readonly name: string
  readonly sink: Sink
  readonly digester: Digester // is given every byte before the sink is
  readonly onLength: (bytes: number) => Promise<void> // once the length is known, before the first byte
  readonly mayDowngrade: boolean
  readonly mirrors?: (() => Promise<readonly URL[]>) | undefined // other addresses of the same file, asked for when this one fails
  readonly signal: AbortSignal
  readonly deadlineMs: number
  readonly clock: Clock
  readonly limits: FetchLimits
  readonly onProgress: (text: string) => void
  readonly credentials?: Credentials
  readonly env?: Readonly<Record<string, string | undefined>> // tells of proxies
}

export type Network = Pick<Download, 'signal' | 'deadlineMs' | 'clock' | 'limits' | 'onProgress' | 'credentials' | 'env'>

// Fetches a file as one stream of bytes, over as many connections as it takes: after a failure it goes on where it stopped, so that what
// reads the stream (a hash, xz) notices nothing. image-error: the server says no. infra-error: it cannot be reached, or fails too often.
// ChangedError: the file changed on the server after bytes were handed out, so that the caller must begin anew.
export const download = async (task: Download): Promise<void> => {
  const { url, name, digester, signal, deadlineMs, clock, limits } = task
  const progress = createProgress(`downloading ${name}`, task.onProgress, clock)
  let from = url // the mirror that a redirect or a list named, as long as it works
  let mirrors: URL[] | undefined // that were not tried yet
  let total: number | undefined
  let validator: string | undefined
  let failures = 0
  let pauseMs = 0
  let alone = false // further connections are not wanted there, or brought nothing
  let pace = watchPace(limits.ranges.measureMs, clock)

  const accept = async (chunk: Buffer): Promise<void> => {
    const startedMs = clock.now()
    digester.update(chunk)
    progress.add(chunk.length)
    failures = 0
    await task.sink(chunk)
    pace.add(chunk.length, clock.now() - startedMs)
  }

  const connect = async (): Promise<void> => {
    const had = digester.bytes
    const headers = had > 0 && validator !== undefined ? { range: `bytes=${had}-`, 'if-range': validator } : {}
    const authorization = from === url ? task.credentials?.(url) : undefined
    const response = await open({ ...limits, url: from, headers, signal, mayDowngrade: task.mayDowngrade, authorization, env: task.env })
    let slow: number | undefined // bytes per second
    let end: number | undefined // where the body must end, which without a length of its own ends anywhere
    try {
      from = response.url
      const length = totalLength(response, had) ?? total // an answer that does not tell it is held to what was told before
      if (response.status === 206 && total !== undefined && length !== total) throw new ChangedError()
      validator = strongValidator(response)
      if (length !== undefined && length !== total) await task.onLength(length)
      total = length
      end = total ?? rangeOf(response)?.end
      progress.total(total)
      pace = watchPace(limits.ranges.measureMs, clock)
      for await (const chunk of response.status === 200 && had > 0 ? afterKnown(response, digester) : response.body()) {
        await accept(chunk)
        if (digester.bytes > (end ?? Infinity)) throw new ChangedError()
        slow = slowPace(response)
        if (slow !== undefined) break
      }
    } finally {
      response.close()
    }
    if (slow !== undefined) {
      await together(slow)
      alone = true
      if (digester.bytes !== total) return connect()
    }
    if (end !== undefined && digester.bytes < end) throw new CutShortError(digester.bytes, end)
  }

  // The pace of a connection that others may help, at a server that can send any part of this very file.
  const slowPace = (response: Response): number | undefined => {
    const rate = pace.judge()
    const { slowBytesPerSecond, leastBytes } = limits.ranges
    if (rate === undefined || rate > slowBytesPerSecond || alone) return undefined
    const able = validator !== undefined && (response.status === 206 || response.header('accept-ranges') === 'bytes')
    return able && total !== undefined && total - digester.bytes >= leastBytes ? rate : undefined
  }

  const piece = async (start: number, end: number, either: AbortSignal): Promise<readonly Buffer[]> => {
    try {
      const headers = { range: `bytes=${start}-${end - 1}`, ...(validator === undefined ? {} : { 'if-range': validator }) }
      const authorization = from === url ? task.credentials?.(url) : undefined
      const { mayDowngrade, env } = task
      const response = await open({ ...limits, url: from, headers, signal: either, mayDowngrade, authorization, env })
      const range = response.status === 206 ? rangeOf(response) : undefined
      if (range?.start === start && range.end === end && range.total === total) return await whole(response, end - start)
      response.close()
      throw new ChangedError()
    } catch (error) {
      throw new PieceError(error)
    }
  }

  // The rest over several connections, as far as that goes and as long as it is faster than one.
  const together = async (before: number): Promise<void> => {
    const { connections } = limits.ranges
    task.onProgress(`downloading ${name}: one connection brings ${formatBytes(before)}/s, ${connections} are tried`)
    pace = watchPace(limits.ranges.measureMs * 2, clock)
    try {
      for await (const chunk of inPieces({ start: digester.bytes, end: total ?? 0, limits: limits.ranges, signal, fetch: piece })) {
        await accept(chunk)
        const rate = pace.judge()
        if (rate !== undefined && rate < before * 1.2) return
      }
    } catch (error) {
      if (!(error instanceof PieceError)) throw error
    }
  }

  const attempt = async (): Promise<void> => {
    const start = from
    const had = digester.bytes
    try {
      await connect()
    } catch (error) {
      signal.throwIfAborted()
      // Range Not Satisfiable: the file ends before the place where we stopped.
      const short = error instanceof HttpStatusError && error.status === 416
      const changed = short || error instanceof ChangedError
      if (changed && start === url) throw new ChangedError()
      failures += 1
      const asked = error instanceof HttpStatusError ? error.retryAfterMs : undefined
      pauseMs = asked ?? Math.min(limits.firstRetryMs * 2 ** (failures - 1), limits.longestRetryMs)
      // A mirror that has nothing to give, or a link that expired, says nothing about the address that was asked for.
      const elsewhere = start !== url && digester.bytes === had
      // One that has another file than the one we began with is not the place to go on either.
      const mirror = changed || isNetworkFailure(error) ? await nextMirror(from) : undefined
      if (elsewhere) from = url
      if (mirror === undefined && changed) throw new ChangedError()
      if (changed) validator = undefined // it is that of the other file
      if (mirror === undefined) throw elsewhere && error instanceof HttpStatusError ? new MirrorError(error) : error
      pauseMs = 0
      from = mirror
      throw new MirrorError(error)
    }
  }

  const nextMirror = async (failed: URL): Promise<URL | undefined> => {
    mirrors ??= [...((await task.mirrors?.()) ?? [])]
    mirrors = mirrors.filter(({ host }) => host !== failed.host)
    return mirrors.shift()
  }

  try {
    await retry(attempt, {
      signal,
      clock,
      deadlineMs,
      delayMs: () => pauseMs,
      when: (error) => {
        if (failures >= limits.failuresInARow || !(error instanceof MirrorError || mayPass(error))) return false
        const next = pauseMs === 0 && from !== url ? `going on at ${printable(from.host)}` : `next try in ${pauseMs / 1000} s`
        task.onProgress(`downloading ${name}: ${words(error)} after ${formatBytes(digester.bytes)}, ${next}`)
        return true
      },
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ChangedError) throw error
    throw downloadError(error instanceof MirrorError ? error.cause : error, shownUrl(url))
  }
}

const whole = async (response: Response, length: number): Promise<readonly Buffer[]> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response.body()) {
    bytes += chunk.length
    if (bytes > length) throw new ChangedError() // a body without a length may never end
    chunks.push(chunk)
  }
  if (bytes !== length) throw new CutShortError(bytes, length)
  return chunks
}

// Whatever went wrong with one of several connections: one alone tells the truth about it.
class PieceError extends Error {
  constructor(override readonly cause: unknown) {
    super('a part of the file did not come')
  }
}

class MirrorError extends Error {
  constructor(override readonly cause: unknown) {
    super(cause instanceof HttpStatusError ? `the mirror answers ${cause.message}` : words(cause))
  }
}

// If-Range takes an ETag that is not weak, or the date of the last change.
const strongValidator = (response: Response): string | undefined => {
  const etag = response.header('etag')
  return etag !== undefined && !etag.startsWith('W/') ? etag : response.header('last-modified')
}

// The whole file came again: from another mirror, or from a server that knows no ranges. What we have already is passed over when it is the
// same by its hash, which no date or tag is needed for.
async function* afterKnown(response: Response, digester: Digester): AsyncIterable<Buffer> {
  const had = digester.bytes
  const again = createHash('sha256')
  let seen = 0
  for await (const chunk of response.body()) {
    if (seen === had) {
      yield chunk
      continue
    }
    const known = chunk.subarray(0, had - seen)
    again.update(known)
    seen += known.length
    if (seen < had) continue
    if (again.digest('hex') !== digester.sha256()) throw new ChangedError()
    if (known.length < chunk.length) yield chunk.subarray(known.length)
  }
  if (seen < had) throw new ChangedError()
}
