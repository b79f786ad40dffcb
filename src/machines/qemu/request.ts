import type { Seed } from '../../access/seed'
import type { DiskBus, Hardware, Nic } from '../../config/job'
import type { Disks } from '../../images/disks'
import type { Architecture } from '../../lib/architecture'
import type { Accelerator } from '../../results'
import type { FirmwareKind } from './fit/firmware-kind'
import type { QemuMachinePlan } from './plan'

// A machine for QEMU, with nothing left open.
export interface MachineRequest {
  readonly name: string
  readonly image: Disks
  readonly arch: Architecture
  readonly accelerator: Accelerator['kind']
  readonly memoryBytes: number
  readonly cpus: number
  readonly diskBytes?: number // may only grow the disk
  readonly sectorBytes?: 4096 // of its first disk; absent: 512
  readonly firmware: FirmwareKind
  readonly hardware: Hardware & { readonly diskBus: DiskBus; readonly nic: Nic }
  readonly hostKeys?: readonly string[] // OpenSSH public keys when the seed brings them
  readonly seed: Seed
  readonly qemuArgs: readonly string[]
}

export const requestOf = ({ wanted: { spec, image, seed, hostKeys }, target, accelerator }: QemuMachinePlan): MachineRequest => ({
  name: spec.name,
  image,
  arch: target.arch,
  accelerator: accelerator.kind,
  memoryBytes: spec.memoryBytes,
  cpus: spec.cpus,
  ...(target.diskBytes === undefined ? {} : { diskBytes: target.diskBytes }),
  ...(target.sectorBytes === undefined ? {} : { sectorBytes: target.sectorBytes }),
  firmware: target.firmware,
  hardware: { ...spec.hardware, diskBus: target.bus, nic: target.nic },
  ...(hostKeys === undefined ? {} : { hostKeys }),
  seed,
  qemuArgs: spec.qemuArgs,
})
