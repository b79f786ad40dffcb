import { connect, type Socket } from 'node:net'
import { systemClock } from '../lib/clock'
import type { Endpoint } from '../machines/provider'

// A new probe starts this often. QEMU's user network drops a connection's first packet while the guest's network is down and repeats it
// only after seconds, so fresh probes beat patient ones; older ones are kept for a guest that is slow to answer.
export const probeIntervalMs = 150
const probeLifeMs = 3000
// A guest under load forks a server for each probe that reaches it.
const probesAtOnce = 8

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
    const probe = (): void => {
      if (open.size >= probesAtOnce) return
      const startedMs = systemClock.now()
      const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true })
      open.add(socket)
      socket.setTimeout(probeLifeMs, () => {
        onSilent()
        socket.destroy()
      })
      socket.on('error', () => undefined) // 'close' follows
      socket.on('close', () => {
        if (open.delete(socket) && systemClock.now() - startedMs < probeLifeMs) onRefused()
      })
      socket.once('data', (chunk: Buffer) => {
        if (!chunk.toString('latin1').startsWith('SSH-')) {
          socket.destroy()
          return
        }
        socket.pause()
        socket.setTimeout(0)
        socket.removeAllListeners()
        socket.on('error', () => undefined)
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
