import { systemClock } from '../../lib/clock'
import type { MachineListener } from '../provider'
import type { Qmp, QmpEvent } from './qmp'

// Translates QMP events into what happened to the machine. STOP has no reason of its own: query-status knows it.
export const machineEvents =
  (listener: MachineListener) =>
  ({ event, data }: QmpEvent, qmp: () => Promise<Qmp>): void => {
    const atMs = systemClock.now()
    const by = data['guest'] === true ? 'guest' : 'us'
    switch (event) {
      case 'GUEST_PANICKED':
        listener.event({ kind: 'panicked', atMs })
        return
      case 'RESET':
        listener.event({ kind: 'reset', atMs, by })
        return
      case 'SHUTDOWN':
        listener.event({ kind: 'stopped', atMs, by })
        return
      case 'BLOCK_IO_ERROR':
        listener.event({ kind: 'paused', atMs, cause: data['nospace'] === true ? 'host-full' : 'io-error' })
        return
      case 'BLOCK_IMAGE_CORRUPTED':
        listener.event({ kind: 'paused', atMs, cause: 'image-corrupt' })
        return
      case 'STOP':
        void internalError(qmp, listener)
        return
      default:
    }
  }

const internalError = async (qmp: () => Promise<Qmp>, listener: MachineListener): Promise<void> => {
  try {
    const status = (await (await qmp()).run('query-status')) as { status: string }
    if (status.status === 'internal-error') listener.event({ kind: 'paused', atMs: systemClock.now(), cause: 'internal-error' })
  } catch {
    // QEMU is gone: its exit tells more
  }
}
