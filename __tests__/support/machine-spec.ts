import type { MachineSpec } from '../../src/config/job'
import { theMachine } from '../../src/results'

// A machine as a job asks for it when it says nothing, but for what a test changes.
export const machineSpec = (change: Partial<MachineSpec> = {}): MachineSpec => ({
  ...{ name: theMachine, provider: 'qemu', accelerator: 'auto', memoryBytes: 1, cpus: 1, firmware: 'auto', qemuArgs: [] },
  bootTimeout: { ms: 0, written: false },
  access: { provisioning: 'auto' },
  image: { source: 'disk.qcow2', verify: 'auto' },
  hardware: { tpm: false, diskBus: 'auto', nic: 'auto', nics: 1, emptyDisksBytes: [] },
  ...change,
})
