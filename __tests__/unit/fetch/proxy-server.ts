// A proxy on 127.0.0.1 that passes everything on and remembers what it was asked for.
import { createServer as createHttp, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface TestProxy extends AsyncDisposable {
  readonly address: string // http://127.0.0.1:PORT, or https with a certificate
  readonly asked: readonly { readonly line: string; readonly login: string | undefined }[]
}

// refuse: the status it answers everything with.
interface ProxyOptions {
  readonly refuse?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

export const startProxy = async ({ refuse, tls }: ProxyOptions = {}): Promise<TestProxy> => {
  const asked: { line: string; login: string | undefined }[] = []
  const sockets = new Set<Socket>()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, login: request.headers['proxy-authorization'] })
    if (refuse !== undefined) {
      response.writeHead(refuse).end()
      return
    }
    requestHttp(request.url ?? '', { headers: { ...request.headers, 'proxy-authorization': '' } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }).end()
  }
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer)
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push({ line: `CONNECT ${request.url ?? ''}`, login: request.headers['proxy-authorization'] })
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`)
      return
    }
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const end = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      end.pipe(socket).pipe(end)
    })
    for (const one of [socket, end]) {
      sockets.add(one)
      one.on('error', () => one.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
