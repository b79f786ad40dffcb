// What runs machines, by its name in a job. Only this file knows them all.
import type { MachineSpec } from '../../config/job'
import type { Provider } from '../provider'
import { qemuProvider } from '../qemu'

export interface ThisHost {
  readonly accelerators?: string // file that remembers which accelerator works
  readonly isHostedRunner: boolean // whose machine is ours alone
}

const providers: Readonly<Record<MachineSpec['provider'], (host: ThisHost) => Provider>> = {
  qemu: ({ accelerators, isHostedRunner }) =>
    qemuProvider({ mayOpenKvm: isHostedRunner, ...(accelerators === undefined ? {} : { accelerators }) }),
}

export const providerFor = (name: MachineSpec['provider'], host: ThisHost): Provider => providers[name](host)
