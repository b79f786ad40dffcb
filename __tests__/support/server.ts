// A web server on 127.0.0.1 with real bytes and real faults, for everything that fetches.
import { createHash } from 'node:crypto'
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { open, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

export type Content = Buffer | string | { readonly file: string } // a string is a text

// What one request meets instead of a plain answer. A request takes the first fault of its path's list; then the path behaves.
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  | { readonly kind: 'cut'; readonly afterBytes: number } // the connection breaks after so many bytes of this answer
  | { readonly kind: 'stall'; readonly afterBytes: number } // the connection stays open and silent
  | { readonly kind: 'refuse' } // the connection breaks before there is an answer
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  | { readonly kind: 'extra-length'; readonly bytes: number } // announces more than it has
  | { readonly kind: 'early-end'; readonly afterBytes: number; readonly total?: 'unknown' } // no length, and ends as if that were all
  | { readonly kind: 'endless'; readonly onBytes: (bytes: number) => void } // no length, and 64 MiB after what was asked for
  | { readonly kind: 'longer-range' } // answers with more than the part that was asked for, and says so
  | { readonly kind: 'no-ranges' } // answers 200 with everything, whatever was asked
  | { readonly kind: 'becomes'; readonly content: Content; readonly length?: false } // from this request on

export interface Place {
  readonly content: Content
  readonly etag?: 'strong' | 'weak' | 'none' // strong: of the content
  readonly lastModified?: string // 'none' for none
  readonly ranges?: boolean
  readonly length?: boolean // false: no Content-Length, chunked
  readonly faults?: readonly Fault[]
  readonly always?: Fault // after the list, for every request
}

export interface Asked {
  readonly method: string
  readonly path: string // with its query
  readonly headers: IncomingHttpHeaders
  readonly status: number
}

export interface TestServer extends AsyncDisposable {
  readonly origin: string
  readonly asked: readonly Asked[] // in the order in which the answers began
  put(path: string, place: Place | Content): string // the URL
  close(): Promise<void>
}

export interface ServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string }
}

// Starts a server on a free port.
export const startServer = async ({ tls }: ServerOptions = {}): Promise<TestServer> => {
  const places = new Map<string, { place: Place; faults: Fault[] }>()
  const asked: Asked[] = []
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '/'
    response.on('error', () => undefined)
    const log = (status: number): void => {
      asked.push({ method: request.method ?? '', path, headers: request.headers, status })
    }
    const entry = places.get(path.split('?')[0] ?? path)
    if (entry === undefined) {
      log(404)
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
      return
    }
    let fault = entry.faults.shift() ?? entry.place.always
    if (fault?.kind === 'becomes') {
      entry.place = { ...entry.place, content: fault.content, ...(fault.length === false ? { length: false } : {}) }
      fault = undefined
    }
    void serve(entry.place, fault, request, response, log).catch(() => response.destroy())
  }
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    origin,
    asked,
    put: (path, given) => {
      const place: Place = typeof given === 'string' || Buffer.isBuffer(given) || 'file' in given ? { content: given } : given
      places.set(path, { place, faults: [...(place.faults ?? [])] })
      return `${origin}${path}`
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const serve = async (
  place: Place,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  log: (status: number) => void,
): Promise<void> => {
  if (fault?.kind === 'refuse') {
    log(0)
    request.socket.destroy()
    return
  }
  if (fault?.kind === 'status') {
    log(fault.status)
    response.writeHead(fault.status, fault.headers).end(fault.body ?? '')
    return
  }
  if (fault?.kind === 'redirect') {
    log(fault.status ?? 302)
    response.writeHead(fault.status ?? 302, { location: fault.to }).end()
    return
  }
  const { bytes, tag, modified, slice } = await contentOf(place.content)
  const etag = place.etag === 'none' ? undefined : `${place.etag === 'weak' ? 'W/' : ''}"${tag}"`
  const lastModified = place.lastModified === 'none' ? undefined : (place.lastModified ?? modified)
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' }
  if (etag !== undefined) headers['etag'] = etag
  if (lastModified !== undefined) headers['last-modified'] = lastModified

  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const condition = request.headers['if-range']
  const current = condition === undefined || condition === lastModified || (condition === etag && !condition.startsWith('W/'))
  const partial = range !== null && current && place.ranges !== false && fault?.kind !== 'no-ranges'
  const start = partial ? Number(range[1]) : 0
  const asked = partial && range[2] !== '' ? Math.min(Number(range[2]) + 1, bytes) : bytes
  const end = fault?.kind === 'longer-range' ? bytes : asked
  if (partial && start >= bytes) {
    log(416)
    response.writeHead(416, { 'content-range': `bytes */${bytes}` }).end()
    return
  }
  if (place.ranges !== false) headers['accept-ranges'] = 'bytes'
  if (partial)
    headers['content-range'] = `bytes ${start}-${end - 1}/${fault?.kind === 'early-end' && fault.total === 'unknown' ? '*' : bytes}`
  const extra = fault?.kind === 'extra-length' ? fault.bytes : 0
  if (place.length !== false && fault?.kind !== 'endless' && fault?.kind !== 'early-end')
    headers['content-length'] = String(end - start + extra)
  log(partial ? 206 : 200)
  response.writeHead(partial ? 206 : 200, headers)
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const stop =
    fault?.kind === 'cut' || fault?.kind === 'stall' || fault?.kind === 'early-end' ? Math.min(start + fault.afterBytes, end) : end
  for await (const chunk of slice(start, stop)) {
    if (response.destroyed) return
    if (fault?.kind === 'slow') await delay((chunk.length * 1000) / fault.bytesPerSecond)
    if (!response.write(chunk)) await room(response)
  }
  if (fault?.kind === 'endless') {
    const chunk = Buffer.alloc(chunkBytes)
    for (let sent = 0; sent < endlessBytes && !response.destroyed; sent += chunk.length) {
      fault.onBytes(chunk.length)
      if (!response.write(chunk)) await room(response)
    }
  }
  if (fault?.kind === 'stall') return
  if (fault?.kind === 'cut' || extra > 0) {
    // Not destroy: what the kernel has not sent would be lost, and the place of the cut with it.
    request.socket.end()
    return
  }
  response.end()
}

const room = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })

interface Bytes {
  readonly bytes: number
  readonly tag: string
  readonly modified: string
  readonly slice: (start: number, end: number) => AsyncIterable<Buffer>
}

const chunkBytes = 64 * 1024
const endlessBytes = 64 * 1024 * 1024

const contentOf = async (content: Content): Promise<Bytes> => {
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    const buffer = Buffer.from(content)
    return {
      bytes: buffer.length,
      tag: createHash('sha256').update(buffer).digest('hex').slice(0, 16),
      modified: 'Wed, 01 Jul 2026 12:00:00 GMT',
      // eslint-disable-next-line @typescript-eslint/require-await -- the same shape as for a file
      slice: async function* (start, end) {
        for (let at = start; at < end; at += chunkBytes) yield buffer.subarray(at, Math.min(at + chunkBytes, end))
      },
    }
  }
  const { size, mtime, ino } = await stat(content.file)
  return {
    bytes: size,
    tag: `${ino.toString(16)}-${size.toString(16)}-${mtime.getTime().toString(16)}`,
    modified: mtime.toUTCString(),
    slice: async function* (start, end) {
      const file = await open(content.file)
      try {
        for (let at = start; at < end;) {
          const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(chunkBytes * 4, end - at)), 0, null, at)
          if (bytesRead === 0) return
          at += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },
  }
}
