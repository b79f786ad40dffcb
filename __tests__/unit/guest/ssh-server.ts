// A real SSH server in this process whose commands run in a real shell: the guest of the unit tests.
import { spawn, type ChildProcess } from 'node:child_process'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Writable } from 'node:stream'
import ssh2 from 'ssh2'
import { throwAwayKey, type KeyPair } from '../../../src/guest/keys'

export interface TestServer {
  readonly port: number
  readonly hostKey: KeyPair
  readonly children: Set<ChildProcess>
  socket(): Promise<Socket>
  cutAll(): void
  close(): Promise<void>
}

export interface GuestOptions {
  readonly accept?: (user: string) => boolean
  readonly answer?: boolean // whether commands run
  readonly shell?: readonly string[] // of the user that logs in; it gets `-c COMMAND`
  readonly env?: Readonly<Record<string, string>>
}

export const startSshServer = async (
  userKey: KeyPair,
  { accept = () => true, answer = true, shell = ['sh'], env = {} }: GuestOptions = {},
): Promise<TestServer> => {
  const hostKey = throwAwayKey()
  const allowed = ssh2.utils.parseKey(userKey.public)
  if (allowed instanceof Error) throw allowed
  const children = new Set<ChildProcess>()
  const clients = new Set<ssh2.Connection>()
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => clients.delete(client))
    client.on('authentication', (context) => {
      const good = context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH()) && accept(context.username)
      if (good) context.accept()
      else context.reject(['publickey'])
    })
    client.on('session', (acceptSession) => {
      acceptSession().on('exec', (acceptExec, _reject, { command }) => {
        const stream = acceptExec()
        if (!answer) return
        const [program = '', ...options] = shell
        const child = spawn(program, [...options, '-c', command], { env: { ...process.env, ...env } })
        children.add(child)
        child.stdin.on('error', () => undefined)
        stream.pipe(child.stdin)
        // One write at a time: of two outputs that both wait for room in the window ssh2 sends one, and forgets the other at the end.
        let written = Promise.resolve()
        const send = (to: Writable) => (chunk: Buffer) => {
          written = written.then(
            () =>
              new Promise((resolve) => {
                if (to.writable)
                  to.write(chunk, () => {
                    resolve()
                  })
                else resolve()
              }),
          )
        }
        child.stdout.on('data', send(stream))
        child.stderr.on('data', send(stream.stderr))
        // As sshd: the channel closes when the program has ended and nobody holds its outputs.
        child.on('close', (code, signal) => {
          children.delete(child)
          void written.then(() => {
            if (signal === null) stream.exit(code ?? 0)
            else stream.exit(signal.replace('SIG', ''))
            stream.end()
          })
        })
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cutAll = (): void => {
    for (const client of clients) client.end()
  }
  return {
    port,
    hostKey,
    children,
    socket: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          resolve(socket)
        })
        socket.on('error', reject)
      }),
    cutAll,
    close: () => {
      cutAll()
      for (const child of children) child.kill('SIGKILL')
      return new Promise((resolve) =>
        server.close(() => {
          resolve()
        }),
      )
    },
  }
}
