import type { DiskBus } from '../../../config/job'
import { JobError } from '../../../errors'
import type { Architecture } from '../../../lib/architecture'
import type { FirmwareKind } from './firmware-kind'

export interface Drive {
  readonly node: string // of -blockdev
  readonly options: string
  readonly isCd: boolean
}

const perController: Readonly<Record<DiskBus, number>> = { virtio: Infinity, scsi: 256, sata: 6, ide: 4 }

// A seed that is a CD needs no more than the bus does; on virtio it is one disk more.
export const isCdOn = (bus: DiskBus): boolean => bus !== 'virtio'

interface Surroundings {
  readonly arch: Architecture
  readonly firmware: FirmwareKind
  readonly drives: number
  readonly sectorBytes?: 4096 | undefined // of the image's disk; absent: 512
}

// IDE is of the one chipset that has neither secure boot nor a counterpart for aarch64. undefined: the machine has the bus.
export const whyNotBus = (bus: DiskBus, { arch, firmware, drives, sectorBytes }: Surroundings): string | undefined => {
  if (sectorBytes === 4096 && (bus === 'ide' || bus === 'sata'))
    return 'has no disks of 4096-byte sectors, for which the image was partitioned'
  if (bus !== 'ide') return undefined
  if (arch === 'aarch64') return 'is nothing that machines for aarch64 have'
  if (firmware === 'uefi-secure') return 'and secure boot need different chipsets'
  return drives > perController.ide ? `has room for ${perController.ide} drives, the seed among them, and not for ${drives}` : undefined
}

// config-error: what no machine has.
export const refuseBus = (bus: DiskBus, surroundings: Surroundings): void => {
  const why = whyNotBus(bus, surroundings)
  if (why !== undefined)
    throw new JobError('config-error', `disk-bus: ${bus} ${why}`, {
      hint: surroundings.sectorBytes === undefined ? 'Use sata, scsi or virtio.' : 'Use scsi or virtio.',
    })
}

// Devices for drives, with the controllers that they need.
export const driveArguments = (bus: DiskBus, drives: readonly Drive[]): string[] => [
  ...controllers(bus, drives.length),
  ...drives.flatMap(({ node, options, isCd }, index) => [
    '-device',
    [`${driver(bus, isCd)},drive=${node}`, place(bus, index), options].filter((part) => part !== '').join(','),
  ]),
]

const controllers = (bus: DiskBus, count: number): string[] => {
  if (bus === 'scsi') return ['-device', 'virtio-scsi-pci,id=scsi0']
  if (bus !== 'sata') return []
  return Array.from({ length: Math.ceil(count / perController.sata) }, (_, index) => ['-device', `ahci,id=sata${index}`]).flat()
}

const driver = (bus: DiskBus, isCd: boolean): string =>
  bus === 'virtio' ? 'virtio-blk-pci' : `${bus === 'scsi' ? 'scsi' : 'ide'}-${isCd ? 'cd' : 'hd'}`

const place = (bus: DiskBus, index: number): string => {
  if (bus === 'virtio') return ''
  if (bus === 'scsi') return `bus=scsi0.0,scsi-id=${index}`
  if (bus === 'sata') return `bus=sata${Math.floor(index / perController.sata)}.${index % perController.sata}`
  return `bus=ide.${Math.floor(index / 2)},unit=${index % 2}`
}
