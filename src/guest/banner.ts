import { connect, type Socket } from 'node:net'
import { systemClock } from '../lib/clock'
import { hostTime } from '../lib/host-time'
import type { Endpoint } from '../machines/provider'

// QEMU's user network drops a connection's first packet while the guest's network is down and repeats it only after three seconds: until
// the guest has answered for the first time, if only with a refusal, young probes beat patient ones.
const eager = { lifeMs: 1000, atOnce: 5, apartMs: 0 }
// A guest that refuses is up, and a connection that it then keeps is most likely one that its sshd has taken: each more costs it a forked
// server. But the first packet may still be lost, while DHCP configures the interface.
const patient = { lifeMs: 5000, atOnce: 3, apartMs: 500 }

// A server that is slow from its first answer on must still get its chance.
const patientEvery = 10
export const probeIntervalMs = 150

export interface BannerSearch {
  readonly endpoint: Endpoint
  readonly signal: AbortSignal
  readonly onRefused: () => void // nothing listens (or the guest's network is down)
  readonly onSilent: () => void // accepted, but not a word within the probe's life
}

// Resolves with a connection on which an SSH server has announced itself. Its banner is still to be read: it was pushed back.
// QEMU accepts connections before the guest listens, so an accepted connection proves nothing; only a banner counts.
// Rejects only when the signal aborts, with its reason.
export const awaitBanner = ({ endpoint, signal, onRefused, onSilent }: BannerSearch): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const open = new Set<Socket>()
    const finish = (winner: Socket | undefined): void => {
      clearInterval(timer)
      signal.removeEventListener('abort', abort)
      for (const socket of open) if (socket !== winner) socket.destroy()
      open.clear()
    }
    const abort = (): void => {
      finish(undefined)
      reject(signal.reason as Error)
    }
    let answered = false
    let count = 0
    let lastMs = 0
    const probe = (): void => {
      const policy = answered ? patient : eager
      if (open.size >= policy.atOnce || (open.size > 0 && systemClock.now() - lastMs < policy.apartMs)) return
      count += 1
      const lifeMs = count % patientEvery === 0 ? patient.lifeMs : policy.lifeMs
      const startedMs = systemClock.now()
      lastMs = startedMs
      const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true })
      open.add(socket)
      const onTimeout = (): void => {
        onSilent()
        socket.destroy()
      }
      const onClose = (): void => {
        if (!open.delete(socket) || systemClock.now() - startedMs >= lifeMs) return
        answered = true
        onRefused()
      }
      const cancel = hostTime.after(lifeMs, onTimeout)
      socket.on('error', ignore) // 'close' follows
      socket.on('close', onClose)
      socket.on('close', cancel)
      socket.once('data', (chunk: Buffer) => {
        if (!chunk.toString('latin1').startsWith('SSH-')) {
          socket.destroy()
          return
        }
        // Only our own listeners: the socket needs its own to notice the other side's end.
        socket.pause()
        cancel()
        socket.off('close', onClose)
        socket.off('close', cancel)
        socket.unshift(chunk)
        finish(socket)
        resolve(socket)
      })
    }
    const timer = setInterval(probe, probeIntervalMs)
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort)
    probe()
  })

const ignore = (): void => undefined
