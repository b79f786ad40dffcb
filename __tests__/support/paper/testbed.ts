// Testbeds of paper machines, one after the other as they are asked for.
import { systemClock } from '../../../src/lib/clock'
import { StartError } from '../../../src/machines/provider'
import type { QemuHost } from '../../../src/machines/qemu/host'
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
  readonly host: QemuHost // the provider itself is real
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
    host: {
      ensureQemu: () => Promise.resolve(),
      bootRecords: () => Promise.resolve({ bios: true, uefi: [], esp: false }),
      examine: (_arch, asked) =>
        Promise.resolve({ tool: 'paper', accelerator: { kind: asked === 'auto' ? 'kvm' : 'tcg', reason: 'on paper', slowdown: 1 } }),
      startMachines: ({ machines: planned }, _context, listen) => {
        started += 1
        const fate = fates[Math.min(started, fates.length) - 1]
        if (!fate) throw new RangeError('a testbed has a fate')
        const evidence = { argv: ['qemu-system-x86_64'], log: fate.stderr ?? '', screenshot: () => Promise.resolve(undefined) }
        if (fate.boot === 'not-started')
          return Promise.reject(new StartError(planned[0]?.name ?? '', 'QEMU refuses', evidence, { hint: '' }))
        const number = started
        machines = new Map(
          planned.map(({ name }) => {
            const listener = listen(name)
            const machine = paperMachine({ name, fate: { ...fate, ...fate.others?.[name] }, listener, cancel })
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
    },
  }
}
