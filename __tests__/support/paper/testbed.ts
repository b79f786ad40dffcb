// Testbeds of paper machines, one after the other as they are asked for.
import { systemClock } from '../../../src/lib/clock'
import { StartError, type Provider } from '../../../src/machines/provider'
import { paperMachine } from './machine'
import { paperReady, type Started } from './ready'
import { paperGuest, type StepOf } from './session'
import type { MachineFate } from './story'
import type { waitReady } from '../../../src/guest/ready/ready'

export interface PaperRequest {
  readonly fates: readonly MachineFate[] // of one testbed after the other; the last one repeats itself
  readonly stepOf: StepOf
  readonly cancel: () => void
}

export interface Paper {
  readonly provider: (kind: 'kvm' | 'tcg') => Provider
  readonly waitReady: typeof waitReady
  readonly started: () => number // testbeds so far
}

export const paperTestbeds = ({ fates, stepOf, cancel }: PaperRequest): Paper => {
  let started = 0
  let machines = new Map<string, Started>()
  const machineOf = (name: string): Started => {
    const machine = machines.get(name)
    if (!machine) throw new RangeError(`no machine ${name}`)
    return machine
  }
  return {
    started: () => started,
    waitReady: paperReady(machineOf),
    provider: (kind) => ({
      name: 'qemu',
      plan: () => Promise.resolve({ accelerator: { kind, reason: 'on paper', slowdown: 1 }, tool: 'paper' }),
      start: (requests, _plan, _context, listen) => {
        started += 1
        const fate = fates[Math.min(started, fates.length) - 1]
        if (!fate) throw new RangeError('a testbed has a fate')
        const argv = ['qemu-system-x86_64']
        if (fate.boot === 'not-started') return Promise.reject(new StartError('QEMU refuses', argv, fate.stderr ?? '', { hint: '' }))
        const number = started
        machines = new Map(
          requests.map(({ name }) => {
            const listener = listen(name)
            const machine = paperMachine({ name, fate, listener, cancel })
            listener.event({ kind: 'running', atMs: systemClock.now() })
            return [name, { ...machine, number, guest: paperGuest(machine, stepOf) }]
          }),
        )
        const own = machines
        return Promise.resolve({
          id: 'main',
          machines: new Map([...own].map(([name, { machine }]) => [name, machine])),
          [Symbol.asyncDispose]: () => {
            for (const { end } of own.values()) end()
            return Promise.resolve()
          },
        })
      },
    }),
  }
}
