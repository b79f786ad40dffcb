import { request as requestHttp, type ClientRequest } from 'node:http'
import { globalAgent, request as requestHttps } from 'node:https'
import { BlockList, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { JobError } from '../errors'
import { loginOf, withoutLogin } from './url-login'

type Environment = Readonly<Record<string, string | undefined>>

// The proxy on the way to an address; undefined for the straight way. As curl has it: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, in either case,
// but for the hosts of NO_PROXY. Node's own support came with version 24. config-error: a proxy that is no address.
export const proxyFor = (url: URL, env: Environment): URL | undefined => {
  const read = (name: string): string | undefined =>
    [env[name.toLowerCase()], env[name]].find((value) => value !== undefined && value !== '')
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const written = read(name) ?? read('ALL_PROXY')
  if (written === undefined || bypasses(url, read('NO_PROXY') ?? '')) return undefined
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  if (!/^https?:/i.test(address) || !URL.canParse(address)) {
    throw new JobError('config-error', `the environment variable ${name} or ALL_PROXY is no address of an HTTP proxy`, {
      hint: 'Write it as http://HOST:PORT; other kinds of proxies are not supported.',
    })
  }
  return new URL(address)
}

// NO_PROXY: names with everything below them, addresses, ranges such as 10.0.0.0/8, each also with a port; * is everything.
const bypasses = (url: URL, list: string): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = portOf(url)
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true
      const [, name = '', ofPort] = /^(\[[^\]]*\]|[^:]*|[^:]*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? []
      const bare = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
      if (bare === '' || (ofPort !== undefined && ofPort !== port)) return false
      return host === bare || host.endsWith(`.${bare}`) || inRange(host, bare)
    })
}

const inRange = (host: string, range: string): boolean => {
  const [, base = '', bits = ''] = /^([\da-f.:]+)\/(\d+)$/.exec(range) ?? []
  const family = isIP(host)
  if (family === 0 || isIP(base) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false
  const subnet = new BlockList()
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  subnet.addSubnet(base, Number(bits), kind)
  return subnet.check(host, kind)
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === 'https:' ? '443' : '80')

// What a proxy answers instead of passing on.
export class ProxyError extends Error {
  constructor(
    readonly proxy: string, // without its password
    readonly status: number | undefined, // absent: it cannot be reached
    override readonly cause?: unknown,
  ) {
    super(status === undefined ? `the proxy ${proxy} cannot be reached` : `the proxy ${proxy} answers HTTP ${status}`)
  }
}

interface Options {
  readonly signal: AbortSignal
  readonly headers: Readonly<Record<string, string>>
}

// Begins a request through a proxy: of http it is asked for the whole address, of https for a connection, in which TLS goes to the end.
export const requestThrough = (proxy: URL, url: URL, options: Options): ClientRequest =>
  url.protocol === 'https:' ? tunnelled(proxy, url, options) : forwarded(proxy, url, options)

const toProxy = (proxy: URL) => ({
  send: proxy.protocol === 'https:' ? requestHttps : requestHttp,
  options: { host: proxy.hostname.replace(/^\[|\]$/g, ''), port: portOf(proxy), agent: false as const, ...knownCertificates() },
  headers: basicOf(proxy),
})

// Those that node:https knows: without its agent, or over a connection of our own, they have to be given.
const knownCertificates = () => {
  const { ca } = globalAgent.options
  return ca === undefined ? {} : { ca }
}

const basicOf = (proxy: URL): Readonly<Record<string, string>> => {
  const { auth } = loginOf(proxy)
  return auth === undefined ? {} : { 'proxy-authorization': `Basic ${Buffer.from(auth).toString('base64')}` }
}

const forwarded = (proxy: URL, url: URL, options: Options): ClientRequest => {
  const { send, options: way, headers } = toProxy(proxy)
  const path = `${url.origin}${url.pathname}${url.search}`
  return send({ ...options, ...way, ...loginOf(url), path, headers: { ...options.headers, ...headers, host: url.host } })
}

const tunnelled = (proxy: URL, url: URL, options: Options): ClientRequest => {
  const { send, options: way, headers } = toProxy(proxy)
  const place = `${url.hostname}:${portOf(url)}`
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const opening = send({ ...way, method: 'CONNECT', path: place, headers: { host: place, ...headers } })
  const request = requestHttps(withoutLogin(url), {
    ...options,
    ...loginOf(url),
    createConnection: (_options, created) => {
      const fail = (error: Error): void => {
        created(error, undefined as never)
      }
      opening.on('error', (error) => {
        fail(request.destroyed ? error : new ProxyError(proxy.host, undefined, error))
      })
      opening.on('connect', ({ statusCode = 0 }, socket: Socket) => {
        if (statusCode !== 200) {
          socket.destroy()
          fail(new ProxyError(proxy.host, statusCode))
          return
        }
        created(null, connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...knownCertificates() }))
      })
      opening.end()
      return undefined
    },
  })
  // A request without a connection tells nobody that it was given up (an abort, a stall): what opens the connection has to.
  const giveUp = request.destroy.bind(request)
  request.destroy = (error) => {
    giveUp(error)
    opening.destroy(error)
    return request
  }
  request.on('close', () => opening.destroy())
  return request
}
