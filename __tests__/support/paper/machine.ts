// A machine of paper: what its console, its events and its host tell, when something strikes it.
import { systemClock } from '../../../src/lib/clock'
import type { Machine, MachineListener } from '../../../src/machines/provider'
import type { Disaster, Interruption, MachineFate } from './story'
import { panic } from './words'

export interface PaperMachine {
  readonly name: string
  readonly fate: MachineFate
  readonly machine: Machine
  readonly poweredOnMs: number
  readonly say: (text: string) => void
  readonly strike: (disaster: Disaster) => void
  readonly end: () => void // by us
  readonly cancel: () => void // of the job
  readonly later: (ms: number, then: () => void) => void // unless it has ended before
  readonly connect: () => Connection // the one before is cut
  readonly interrupted: (how: Interruption, signal: AbortSignal) => Promise<void>
}

export interface Connection {
  readonly isOpen: () => boolean
  readonly cut: () => void
}

export interface PaperMachineRequest {
  readonly name: string
  readonly fate: MachineFate
  readonly listener: MachineListener
  readonly cancel: () => void
}

const disasters: readonly string[] = ['cut', 'panics', 'powers-off', 'resets', 'dies', 'paused', 'stands-still', 'corrupt']
export const isDisaster = (kind: string): kind is Disaster => disasters.includes(kind)

export const paperMachine = ({ name, fate, listener, cancel }: PaperMachineRequest): PaperMachine => {
  const { stderr = '', screenshot } = fate
  let connection = connectionOf()
  let answers = true
  let over = false
  const timers: NodeJS.Timeout[] = []
  const say = (text: string): void => {
    listener.console(Buffer.from(text), systemClock.now())
  }
  const end = (exitCode: number | undefined, signal: string | undefined): void => {
    if (over) return
    over = true
    timers.forEach(clearTimeout)
    connection.cut()
    listener.event({ kind: 'gone', atMs: systemClock.now(), exitCode, signal, stderr })
  }
  return {
    name,
    fate,
    poweredOnMs: systemClock.now(),
    say,
    cancel,
    later: (ms, then) => {
      timers.push(setTimeout(then, ms))
    },
    end: () => {
      end(0, undefined)
    },
    strike: (disaster) => {
      const atMs = systemClock.now()
      connection.cut() // before anything is told of it: who hears that asks the guest
      switch (disaster) {
        case 'cut':
          break
        case 'panics':
          say(panic('Fatal exception'))
          listener.event({ kind: 'panicked', atMs })
          break
        case 'powers-off':
          listener.event({ kind: 'stopped', by: 'guest', atMs })
          break
        case 'resets':
          listener.event({ kind: 'reset', by: 'guest', atMs })
          break
        case 'dies':
          end(undefined, 'SIGKILL')
          break
        case 'paused':
          listener.event({ kind: 'paused', cause: 'host-full', atMs })
          break
        case 'corrupt':
          listener.event({ kind: 'paused', cause: 'image-corrupt', atMs })
          break
        case 'stands-still':
          answers = false
          break
      }
    },
    connect: () => {
      connection.cut()
      return (connection = connectionOf())
    },
    // Waits for the end of the job, as a command that goes on for ever does; a cancel brings it about, unless this is what a cancel lets pass.
    interrupted: async (how, signal) => {
      if (how === 'cancel') cancel()
      await systemClock.sleep(how === 'cancel' ? 1 : 1e6, signal)
    },
    machine: {
      name,
      runBy: 'QEMU',
      endpoint: () => Promise.resolve({ host: 'paper', port: 22 }),
      answers: () => Promise.resolve(answers),
      evidence: () => ({ argv: ['qemu-system-x86_64', '-name', name], log: stderr, screenshot: () => Promise.resolve(screenshot) }),
    },
  }
}

const connectionOf = (): Connection => {
  let open = true
  return {
    isOpen: () => open,
    cut: () => {
      open = false
    },
  }
}
