import { connect, type Socket } from 'node:net'
import { hostTime } from '../../lib/host-time'
import type { Endpoint } from '../../machines/provider'
import type { Patience } from '../patience'

// QEMU's user network drops a connection's first packet while the guest's network is down and repeats it only after three seconds: until
// the guest has answered for the first time, if only with a refusal, young probes beat patient ones.
const eager = { lifeMs: 1000, atOnce: 5, apartMs: 0 }
// A guest that refuses is up, but the first packet may still be lost, while DHCP configures the interface.
const careful = { lifeMs: 5000, atOnce: 3, apartMs: 500 }
// Of a machine that does not tell what its guest has taken: a server that is slow from its first answer on must still get its chance.
const patientEvery = 10

export const probeIntervalMs = 150
// A server that is there speaks sooner; one that does not is asked for.
const silentMs = 1000
const askEveryMs = 300
// A server that takes a connection and closes it without a word (too many of them, a penalty) is not hammered.
const closedPauseMs = 1000
const bannerBytes = 8 * 1024

export interface BannerSearch {
  readonly endpoint: Endpoint
  readonly patience: Patience // with a server that has taken a connection
  readonly signal: AbortSignal
  readonly onRefused: () => void // nothing listens (or the guest's network is down)
  readonly onSilent: () => void // accepted, but not a word at first
}

interface Probe {
  readonly socket: Socket
  readonly startedMs: number
  readonly patient: boolean
  told: boolean // that it is silent
}

// Resolves with a connection on which an SSH server has announced itself. Its banner is still to be read: it was pushed back.
// QEMU accepts connections before the guest listens, so an accepted connection proves nothing; only a banner counts. Once the guest has
// taken one, that one alone waits: each more costs its sshd a forked server, which slows down a slow one and fills its log.
// Rejects only when the signal aborts, with its reason.
export const awaitBanner = ({ endpoint, patience, signal, onRefused, onSilent }: BannerSearch): Promise<Socket> =>
  new Promise((resolve, reject) => {
    let probes: Probe[] = [] // the oldest first
    let answered = false
    let taken = false
    let count = 0
    let notBeforeMs = -Infinity
    let askedMs = -Infinity

    const finish = (winner: Socket | undefined): void => {
      clearInterval(timer)
      signal.removeEventListener('abort', abort)
      drop(({ socket }) => socket !== winner)
      probes = []
    }
    const abort = (): void => {
      finish(undefined)
      reject(signal.reason as Error)
    }
    const drop = (which: (probe: Probe) => boolean): void => {
      const dropped = probes.filter(which)
      probes = probes.filter((probe) => !dropped.includes(probe))
      for (const { socket } of dropped) socket.destroy()
    }
    const ageMs = ({ startedMs }: Probe): number => hostTime.now() - startedMs
    const lifeMs = ({ patient }: Probe): number => (taken || patient ? patience.ms() : (answered ? careful : eager).lifeMs)

    const ask = async (): Promise<void> => {
      const [oldest] = probes
      if (!oldest || ageMs(oldest) < askEveryMs || hostTime.now() - askedMs < askEveryMs) return
      askedMs = hostTime.now()
      const before = taken
      taken = endpoint.taken ? (await endpoint.taken().catch(() => 0)) > 0 : before || (answered && ageMs(oldest) >= silentMs)
      // The last of them was taken at once; those before it may still wait for a packet to be repeated.
      const youngest = probes.at(-1)
      if (taken && !before) drop((probe) => probe !== youngest)
    }
    const age = (): void => {
      for (const probe of probes) {
        if (probe.told || ageMs(probe) < silentMs) continue
        probe.told = true
        onSilent()
      }
      const late = probes.filter((probe) => ageMs(probe) >= lifeMs(probe))
      if (late.some(({ patient }) => taken || patient)) patience.wasTooShort()
      drop((probe) => late.includes(probe))
    }
    const tick = (): void => {
      age()
      void ask()
      const { atOnce, apartMs } = taken ? { atOnce: 1, apartMs: 0 } : answered ? careful : eager
      const youngest = probes.at(-1)
      if (probes.length < atOnce && hostTime.now() >= notBeforeMs && (!youngest || ageMs(youngest) >= apartMs)) probe()
    }
    const probe = (): void => {
      count += 1
      const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true })
      const own: Probe = { socket, startedMs: hostTime.now(), patient: !endpoint.taken && count % patientEvery === 0, told: false }
      probes.push(own)
      const chunks: Buffer[] = []
      const onClose = (): void => {
        if (!probes.includes(own)) return
        probes = probes.filter((other) => other !== own)
        answered = true
        if (ageMs(own) >= askEveryMs) notBeforeMs = hostTime.now() + closedPauseMs
        taken = false
        onRefused()
      }
      const onData = (chunk: Buffer): void => {
        chunks.push(chunk)
        const said = Buffer.concat(chunks)
        // Other lines may come before the banner (RFC 4253, 4.2).
        if (!/^SSH-/m.test(said.toString('latin1'))) {
          if (said.length > bannerBytes) socket.destroy()
          return
        }
        // Only our own listeners: the socket needs its own to notice the other side's end.
        socket.pause()
        socket.off('data', onData)
        socket.off('close', onClose)
        socket.unshift(said)
        finish(socket)
        resolve(socket)
      }
      socket.on('error', ignore) // 'close' follows
      socket.on('close', onClose)
      socket.on('data', onData)
    }
    const timer = setInterval(tick, probeIntervalMs)
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort)
    probe()
  })

const ignore = (): void => undefined
