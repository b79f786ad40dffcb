// A real SSH server in this process whose commands run in a real shell: the guest of the unit tests.
import { spawn, type ChildProcess } from 'node:child_process'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Writable } from 'node:stream'
import ssh2 from 'ssh2'
import { throwAwayKey, type KeyPair } from '../../../src/access/keys'

export interface TestServer {
  readonly port: number
  readonly hostKey: KeyPair
  readonly children: Set<ChildProcess>
  readonly connections: { readonly count: () => number; readonly open: () => Promise<number> }
  socket(): Promise<Socket>
  cutAll(): void
  readonly standStill: () => void // takes and says nothing any more, and keeps its connections
  readonly askWithoutEnd: () => void // asks for answers and takes none
  close(): Promise<void>
}

export interface ServerOptions {
  readonly accept?: (user: string) => boolean
  readonly answer?: boolean // whether commands run
  readonly shell?: readonly string[] // of the user that logs in; it gets `-c COMMAND`
  readonly env?: Readonly<Record<string, string>>
  readonly maxAuthTries?: number
  readonly alsoAsks?: 'password' // for more than the key
  readonly bannerMs?: number // after which it announces itself
  readonly refuseFirst?: boolean // closes the first connection at once
  readonly path?: string // of its programs, before the system's
  readonly outputMs?: number // after which what a command prints is on its way
  readonly greeting?: string // before the banner
  readonly ident?: string // as which server it announces itself
  readonly userKey?: KeyPair // in place of the given one
  readonly hostKey?: KeyPair
  readonly algorithms?: ssh2.ServerConfig['algorithms']
}

export const startSshServer = async (
  userKey: KeyPair,
  {
    accept = () => true,
    answer = true,
    shell = ['sh'],
    env = {},
    maxAuthTries = 6,
    alsoAsks,
    bannerMs = 0,
    refuseFirst = false,
    greeting,
    ident,
    outputMs = 0,
    algorithms,
    path,
    ...keys
  }: ServerOptions = {},
): Promise<TestServer> => {
  const hostKey = keys.hostKey ?? throwAwayKey()
  const allowed = ssh2.utils.parseKey((keys.userKey ?? userKey).public)
  if (allowed instanceof Error) throw allowed
  const children = new Set<ChildProcess>()
  const clients = new Set<ssh2.Connection>()
  const server = new ssh2.Server(
    {
      hostKeys: [hostKey.private],
      ...(greeting === undefined ? {} : { greeting }),
      ...(ident === undefined ? {} : { ident }),
      ...(algorithms ? { algorithms } : {}),
    },
    (client) => {
      let failures = 0
      clients.add(client)
      client.on('error', () => undefined)
      client.on('close', () => clients.delete(client))
      client.on('authentication', (context) => {
        const good = context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH()) && accept(context.username)
        const signed = context.method === 'publickey' && context.signature !== undefined
        if (good && signed && alsoAsks) context.reject([alsoAsks], true)
        else if (good) context.accept()
        else if (context.method !== 'none' && (failures += 1) >= maxAuthTries) disconnect(client, 'Too many authentication failures')
        else context.reject(['publickey'])
      })
      client.on('session', (acceptSession) => {
        acceptSession().on('exec', (acceptExec, _reject, { command }) => {
          const stream = acceptExec()
          if (!answer) return
          const [program = '', ...options] = shell
          const child = spawn(program, [...options, '-c', command], {
            env: { ...process.env, PATH: [path, process.env['PATH']].filter(Boolean).join(':'), ...env },
          })
          children.add(child)
          child.stdin.on('error', () => undefined)
          stream.pipe(child.stdin)
          // One write at a time: of two outputs that both wait for room in the window ssh2 sends one, and forgets the other at the end.
          let written = Promise.resolve()
          const late = outputMs > 0 && new Promise((resolve) => setTimeout(resolve, outputMs))
          const send = (to: Writable) => (chunk: Buffer) => {
            if (late) written = written.then(() => late).then(() => undefined)
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
    },
  )
  let count = 0
  const sockets = new Set<Socket>()
  const door = createServer((socket) => {
    count += 1
    socket.on('error', () => undefined)
    if (refuseFirst && count === 1) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    setTimeout(() => {
      if (!socket.destroyed) server.injectSocket(socket)
    }, bannerMs)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { port } = door.address() as AddressInfo
  const cutAll = (): void => {
    for (const client of clients) client.end()
    for (const socket of sockets) socket.destroySoon()
  }
  return {
    port,
    hostKey,
    children,
    connections: { count: () => count, open: () => Promise.resolve(sockets.size) },
    socket: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          resolve(socket)
        })
        socket.on('error', reject)
      }),
    cutAll,
    standStill: () => {
      for (const socket of sockets) {
        socket.removeAllListeners('data')
        socket.pause()
      }
    },
    askWithoutEnd: () => {
      for (const socket of sockets) {
        socket.removeAllListeners('data')
        socket.pause()
      }
      const ask = (): void => {
        for (const client of clients) {
          for (let count = 0; count < 10; count += 1) offerKeys(client, hostKey)
          seemAlive(client)
        }
        if (clients.size > 0) setTimeout(ask, 1)
      }
      ask()
    },
    close: () => {
      cutAll()
      for (const child of children) child.kill('SIGKILL')
      return new Promise((resolve) =>
        door.close(() => {
          resolve()
        }),
      )
    },
  }
}

// Ends a connection as OpenSSH does, with words; ssh2's own server gives none.
const disconnect = (client: ssh2.Connection, words: string): void => {
  const { _protocol: protocol } = client as unknown as { _protocol: Protocol }
  const text = Buffer.from(words)
  const bytes = 1 + 4 + 4 + text.length + 4
  const packet = protocol._packetRW.write.alloc(bytes)
  let at = packet.writeUInt8(1, protocol._packetRW.write.allocStart) // SSH_MSG_DISCONNECT
  at = packet.writeUInt32BE(2, at) // SSH_DISCONNECT_PROTOCOL_ERROR
  at = packet.writeUInt32BE(text.length, at)
  at += text.copy(packet, at)
  packet.writeUInt32BE(0, at)
  protocol._cipher.encrypt(protocol._packetRW.write.finalize(packet))
  client.end()
}

// Host keys of which OpenSSH's client, and so ours, asks for a proof: as many bytes as came.
const offerKeys = (client: ssh2.Connection, { public: text }: KeyPair): void => {
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes])
  const key = field(Buffer.from(text.split(' ')[1] ?? '', 'base64'))
  const keys = Array.from({ length: 500 }, () => key)
  send(client, Buffer.concat([Buffer.from([80]), field(Buffer.from('hostkeys-00@openssh.com')), Buffer.from([0]), ...keys])) // SSH_MSG_GLOBAL_REQUEST
}

// To what was never read: whoever asks whether this server lives gets an answer.
const seemAlive = (client: ssh2.Connection): void => {
  send(client, Buffer.from([82])) // SSH_MSG_REQUEST_FAILURE
}

const send = (client: ssh2.Connection, message: Buffer): void => {
  const { _protocol: protocol } = client as unknown as { _protocol: Protocol }
  const packet = protocol._packetRW.write.alloc(message.length)
  message.copy(packet, protocol._packetRW.write.allocStart)
  protocol._cipher.encrypt(protocol._packetRW.write.finalize(packet))
}

interface Protocol {
  readonly _packetRW: { readonly write: { readonly allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer } }
  readonly _cipher: { encrypt(packet: Buffer): void }
}
