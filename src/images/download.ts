import { createHash } from 'node:crypto'
import type { Clock } from '../lib/clock'
import { retry } from '../lib/retry'
import type { Credentials } from './credentials'
import type { Digester } from './digests'
import { ChangedError, CutShortError, downloadError, isNetworkFailure, mayPass, words } from './download-errors'
import { HttpStatusError, open, type Response } from './http'
import type { Limits } from './limits'
import { createProgress } from './progress'
import { formatBytes, printable, shownUrl } from './shown'

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
  readonly limits: Limits
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

  const accept = async (chunk: Buffer): Promise<void> => {
    digester.update(chunk)
    progress.add(chunk.length)
    failures = 0
    await task.sink(chunk)
  }

  const connect = async (): Promise<void> => {
    const had = digester.bytes
    const headers = had > 0 && validator !== undefined ? { range: `bytes=${had}-`, 'if-range': validator } : {}
    const authorization = from === url ? task.credentials?.(url) : undefined
    const response = await open({ ...limits, url: from, headers, signal, mayDowngrade: task.mayDowngrade, authorization, env: task.env })
    try {
      from = response.url
      const length = totalLength(response, had)
      if (response.status === 206 && total !== undefined && length !== total) throw new ChangedError()
      validator = strongValidator(response)
      if (length !== undefined && length !== total) await task.onLength(length)
      total = length
      progress.total(total)
      for await (const chunk of response.status === 200 && had > 0 ? afterKnown(response, digester) : response.body()) await accept(chunk)
    } finally {
      response.close()
    }
    if (total !== undefined && digester.bytes < total) throw new CutShortError(digester.bytes, total)
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

class MirrorError extends Error {
  constructor(override readonly cause: unknown) {
    super(cause instanceof HttpStatusError ? `the mirror answers ${cause.message}` : words(cause))
  }
}

// The length of the whole file. ChangedError when a part does not begin where the last one ended.
const totalLength = (response: Response, had: number): number | undefined => {
  if (response.status === 200) {
    const length = response.header('content-length')
    return length === undefined ? undefined : Number(length)
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.header('content-range') ?? '')
  if (range === null || Number(range[1]) !== had) throw new ChangedError()
  return range[2] === '*' ? undefined : Number(range[2])
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
