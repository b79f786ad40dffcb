// The only file that speaks SSH.
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { clean } from '../diagnosis'
import { atMost } from '../lib/at-most'
import { hostTime } from '../lib/host-time'
import { retry } from '../lib/retry'
import { authentication } from './authentication'
import type { Login } from '../access/login'

export interface Channel {
  readonly stream: ClientChannel
  // Code or signal of the remote command, undefined when the channel closed without telling; resolves after both outputs ended.
  readonly closed: Promise<{ readonly code?: number; readonly signal?: string }>
  readonly close: () => void // ends it from our side, whatever still holds it open in the guest
}

export interface Connection {
  // Starts a remote command. Rejects when the connection is lost or the server refuses a channel.
  open(command: string): Promise<Channel>
  readonly lost: Promise<Error> // resolves when the connection is gone, with why
  readonly isLost: () => boolean
  readonly silentMs: number // after so long without an answer it is lost
  readonly hostKey: string // OpenSSH public key that the server has proved
  end(): void
}

export class HostKeyMismatch extends Error {
  override readonly name = 'HostKeyMismatch'
}
// What ssh2 has compared last.
interface Compared {
  what?: string
  local?: string
  remote?: string
}

export class NoCommonAlgorithm extends Error {
  override readonly name = 'NoCommonAlgorithm'
  constructor({ what, local, remote }: Compared) {
    const list = (names = ''): string => clean(names.split(',').filter(isAlgorithm).join(', '))
    super(`sshd and we have no algorithm in common (${what ?? 'unknown'}): it takes ${list(remote)}; we take ${list(local)}`)
  }
}

// Extensions of the protocol announce themselves among the key exchanges.
const isAlgorithm = (name: string): boolean => !/^(?:kex-strict|ext-info)-/.test(name)

export class HandshakeTimeout extends Error {
  override readonly name = 'HandshakeTimeout'
}
// The server said no, by its answer or by ending the connection while we were logging in: another login may fare better.
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused'
  constructor(
    user: string,
    readonly because: string | undefined, // more than no, cleaned
  ) {
    super(`the login of ${user} was refused${because === undefined ? '' : `: ${because}`}`)
  }
}

// A key in the form of SSH begins with the name of its kind, behind its length.
const publicKeyOf = (key: Buffer): string => `${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`

// SHA256:… as OpenSSH shows it.
export const fingerprintOf = (publicKey: string): string => {
  const key = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

export interface ConnectRequest {
  readonly socket: Socket // on which the server has announced itself
  readonly login: Login
  readonly hostKeys?: readonly string[] | undefined // OpenSSH public keys of which the server must prove one
  readonly timeoutMs: number
  readonly slowdown?: number // of the guest by its host
  readonly signal: AbortSignal
}

// A hung guest is noticed after this many unanswered messages at this distance; one that is emulated may be busy for longer.
const keepaliveMs = 5000
const unanswered = 3
// What a guest may have us owe it: it can ask for answers without end and take none. Far more than the window of a channel holds.
const mostOwedBytes = 8 * 1024 * 1024
// How long it takes at most, and a little more.
const silentMs = (slowdown: number): number => keepaliveMs * (Math.ceil(unanswered * slowdown) + 2)

// Rejects with HostKeyMismatch, NoCommonAlgorithm, LoginRefused, HandshakeTimeout, or what ssh2 says. A client that failed is not used again: one per attempt.
export const connectSsh = ({ socket, login, hostKeys, timeoutMs, slowdown = 1, signal }: ConnectRequest): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    let mismatch = false
    let ready = false
    let authenticating = false
    let shown: Buffer | undefined
    const compared: Compared = {}
    const proof = authentication(login, () => shown)
    let last: Error | undefined
    let lose: (error: Error) => void = () => undefined
    let gone = false
    const lost = new Promise<Error>((tell) => (lose = tell))
    const abort = (): void => {
      client.destroy()
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort, { once: true })
    const cancel = hostTime.after(timeoutMs, () => {
      reject(new HandshakeTimeout(`no login within ${Math.round(timeoutMs / 1000)} s`))
      client.destroy()
    })
    client.on('ready', () => {
      ready = true
      cancel()
      signal.removeEventListener('abort', abort)
      resolve({
        open: channelOpener(client, lost, () => gone),
        lost,
        isLost: () => gone,
        silentMs: silentMs(slowdown),
        hostKey: shown === undefined ? '' : publicKeyOf(shown),
        end: () => client.end(),
      })
    })
    client.on('handshake', () => (authenticating = true))
    // A listener for life: an error after 'ready' (a reboot cuts the connection) would otherwise end the process.
    client.on('error', (error: Error & { level?: string }) => {
      last = error
      if (ready) return
      if (mismatch) reject(new HostKeyMismatch('the guest shows another host key than the one in its seed'))
      else if (/no matching/.test(error.message)) reject(new NoCommonAlgorithm(compared))
      else if (error.level === 'client-authentication') reject(new LoginRefused(login.user, proof.refusal()))
      else if (authenticating) reject(new LoginRefused(login.user, clean(error.message)))
      else reject(error)
    })
    client.on('close', () => {
      gone = true
      cancel()
      signal.removeEventListener('abort', abort)
      const error = last ?? new Error('the guest closed the connection')
      reject(authenticating && !last ? new LoginRefused(login.user, 'sshd closed the connection') : error)
      lose(error)
    })
    client.connect({
      sock: socket,
      username: login.user,
      authHandler: proof.handler,
      readyTimeout: 0, // ours counts the time in which the host ran
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: Math.ceil(unanswered * slowdown),
      debug: (text) => {
        if (authenticating) return
        const [, side, what, list] = /^Handshake: \((local|remote)\) ([^:]+): (.*)$/.exec(text) ?? []
        if (what !== undefined) Object.assign(compared, { what, [side ?? '']: list })
      },
      hostVerifier: (offered: Buffer) => {
        shown = offered
        mismatch = hostKeys?.some((key) => offered.equals(Buffer.from(key.split(' ')[1] ?? '', 'base64'))) === false
        return !mismatch
      },
    })
    socket.on('data', () => {
      if (socket.writableLength <= mostOwedBytes || last) return
      last = new Error('the guest asks for answers without end, and takes none')
      client.destroy()
    })
  })

// A server may still be at a channel's end when the next one comes: dropbear (2022.83) then takes the one's exit for the other's and closes
// both. So a channel that is being closed is given time to go, and one that was refused is asked for again: its command never started.
const channelOpener = (client: Client, lost: Promise<Error>, isLost: () => boolean): Connection['open'] => {
  const closing = new Set<Promise<unknown>>()
  return async (command) => {
    await atMost(closingMs, Promise.all(closing))
    const channel = await retry(() => openChannel(client, command, lost), {
      when: (_error, attempt) => !isLost() && attempt < openAttempts,
      delayMs: () => refusedPauseMs,
      deadlineMs: Number.POSITIVE_INFINITY,
    })
    return {
      ...channel,
      close: () => {
        const gone = channel.closed.finally(() => closing.delete(gone))
        closing.add(gone)
        channel.stream.close()
      },
    }
  }
}

const closingMs = 1000
const openAttempts = 4
const refusedPauseMs = 200

const openChannel = (client: Client, command: string, lost: Promise<Error>): Promise<Omit<Channel, 'close'>> =>
  new Promise((resolve, reject) => {
    void lost.then(reject)
    try {
      client.exec(command, (error, stream) => {
        if (error) {
          reject(error)
          return
        }
        let end: { code?: number; signal?: string } = {}
        stream.on('exit', (code: number | null, signal?: string) => {
          end = { ...(code === null ? {} : { code }), ...(signal === undefined ? {} : { signal: signal.replace(/^SIG/, '') }) }
        })
        const closed = new Promise<typeof end>((tell) =>
          stream.on('close', () => {
            tell(end)
          }),
        )
        resolve({ stream, closed })
      })
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error))) // ssh2 throws "Not connected"
    }
  })
