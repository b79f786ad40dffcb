import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { JobError } from '../errors'
import { proxyFor, requestThrough } from './proxy'
import { received } from './received'
import { shownUrl } from '../lib/shown'
import { watchStall, type StallWatch } from './stall'
import { loginOf, withoutLogin } from './url-login'

// The failures of one request that another request may not have.
export class HttpStatusError extends Error {
  constructor(
    readonly status: number,
    readonly retryAfterMs: number | undefined,
  ) {
    super(`HTTP ${status}`)
  }
}
export class StalledError extends Error {
  constructor(readonly stallMs: number) {
    super(`no byte for ${stallMs / 1000} s`)
  }
}

export interface Request {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly stallMs: number
  readonly redirects: number
  readonly mayDowngrade: boolean // whether a redirect may lead from https to http, which only a known digest makes safe
  readonly authorization?: string | undefined // for the first host only, never sent after a redirect
  readonly env?: Readonly<Record<string, string | undefined>> | undefined // tells of proxies
}

export interface Response {
  readonly url: URL // after redirects
  readonly by: readonly URL[] // every address that was asked, in order: the one that was given, then those of redirects
  readonly status: 200 | 206
  header(name: string): string | undefined
  // The bytes as sent; node:http and not fetch because fetch unpacks a Content-Encoding on its own, and a .gz is often sent as one.
  body(): AsyncIterable<Buffer>
  close(): void
}

// Asks for a URL, following redirects. Throws HttpStatusError, StalledError or what node:http throws; image-error for a bad redirect.
export const open = async (asked: Request): Promise<Response> => {
  const by: URL[] = []
  for (let url = asked.url; ;) {
    if (by.some(({ href }) => href === url.href)) throw badRedirect(asked.url, `redirects in a circle, over ${shownUrl(url)}`)
    by.push(url)
    if (by.length > asked.redirects + 1) throw badRedirect(asked.url, `redirects more than ${asked.redirects} times`)
    const response = await send(url, asked, by.length === 1 ? asked.authorization : undefined)
    const { location } = response.message.headers
    const status = response.message.statusCode ?? 0
    if (status === 200 || status === 206) {
      return {
        url,
        by,
        status,
        header: (name) => {
          const value = response.message.headers[name]
          return Array.isArray(value) ? value[0] : value
        },
        body: () => bodyOf(response),
        close: () => {
          response.close()
        },
      }
    }
    response.close()
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      throw new HttpStatusError(status, retryAfterMs(response.message.headers['retry-after']))
    }
    url = redirectTarget(url, location, asked.mayDowngrade)
  }
}

// Where a redirect leads. image-error when that is no place for an image, or a step from https down to http without a digest to make up for it.
export const redirectTarget = (from: URL, location: string, mayDowngrade: boolean): URL => {
  if (!URL.canParse(location, from.href)) throw badRedirect(from, 'redirects to something that is no URL')
  const target = new URL(location, from)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw badRedirect(from, `redirects to ${target.protocol}`)
  if (from.protocol === 'https:' && target.protocol === 'http:' && !mayDowngrade) {
    throw new JobError(
      'image-error',
      `${shownUrl(from)} redirects from https to ${shownUrl(target)}, where anybody on the way may exchange it`,
      {
        hint: 'Give the checksum of the image, or a URL that stays on https.',
      },
    )
  }
  return target
}

const badRedirect = (url: URL, what: string): JobError =>
  new JobError('image-error', `${shownUrl(url)} ${what}`, {
    hint: 'Open the address in a browser and give the one where the file really is.',
  })

interface Exchange {
  readonly message: IncomingMessage
  readonly bytes: AsyncIterable<Buffer>
  readonly watch: StallWatch
  readonly close: () => void
}

const send = (url: URL, { headers, signal, stallMs, env = {} }: Request, authorization: string | undefined): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const login = authorization === undefined ? {} : { authorization }
    // An image is its bytes; a server must not squeeze them on the way.
    const plain = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'image-test' }
    const options = { signal, headers: { ...plain, ...login, ...headers } }
    const proxy = proxyFor(url, env)
    const straight = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = proxy === undefined ? straight(withoutLogin(url), { ...options, ...loginOf(url) }) : requestThrough(proxy, url, options)
    let message: IncomingMessage | undefined
    const watch = watchStall(stallMs, () => (message ?? request).destroy(new StalledError(stallMs)))
    const close = (): void => {
      watch.stop()
      request.destroy()
    }
    // Stays for the whole exchange: a connection that breaks later is told to the request as well.
    request.on('error', (error) => {
      watch.stop()
      reject(error)
    })
    request.on('response', (response) => {
      message = response
      watch.rest()
      resolve({ message: response, bytes: received(response), watch, close })
    })
    request.end()
  })

async function* bodyOf({ bytes, watch, close }: Exchange): AsyncIterable<Buffer> {
  try {
    watch.wait()
    for await (const chunk of bytes) {
      watch.rest()
      yield chunk
      watch.wait()
    }
  } finally {
    close()
  }
}

// Retry-After is a number of seconds or a date.
const retryAfterMs = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(at - Date.now(), 0)
}
