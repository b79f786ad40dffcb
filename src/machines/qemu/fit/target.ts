// What kind of machine an image needs: what the job says, else what the image tells. Each choice with its reason in words.
import type { DiskBus, MachineSpec, Nic } from '../../../config/job'
import { JobError } from '../../../errors'
import type { BootRecords } from '../../../formats/boot-records'
import type { Architecture } from '../../../lib/architecture'
import type { Disks } from '../../../images/disks'
import { whyNotBus } from './buses'
import type { FirmwareKind } from './firmware-kind'

export interface Target {
  readonly arch: Architecture
  readonly firmware: FirmwareKind
  readonly firmwareReason: string
  readonly bus: DiskBus // of its disks
  readonly otherBuses: readonly DiskBus[] // tried in turn where the image does not find its root
  readonly nic: Nic
  readonly sectorBytes?: 4096 // of its first disk; absent: 512
  readonly diskBytes?: number // to which its first disk is to grow
}

const buses: readonly DiskBus[] = ['virtio', 'scsi', 'sata', 'ide']
const nics: readonly Nic[] = ['virtio', 'e1000', 'e1000e', 'rtl8139']

const nameOfArch: readonly (readonly [RegExp, Architecture])[] = [
  [/aarch64|arm64/i, 'aarch64'],
  [/x86[_-]64|amd64/i, 'x86_64'],
]

// What is known before the image is there: enough to install QEMU meanwhile.
export const likelyArchitecture = ({ image }: Pick<MachineSpec, 'image'>): Architecture => image.arch ?? named(image.source) ?? 'x86_64'

const named = (source: string): Architecture | undefined => {
  const name =
    source
      .split(/[?#]/)[0]
      ?.split('/')
      .findLast((part) => part !== '') ?? ''
  return nameOfArch.find(([pattern]) => pattern.test(name))?.[1]
}

// config-error: firmware that the architecture does not have.
export const chooseTarget = (
  spec: Pick<MachineSpec, 'image' | 'firmware' | 'hardware' | 'diskBytes'>,
  image: Pick<Disks, 'arch' | 'madeFor'> & { readonly disks: readonly unknown[] },
  boot: BootRecords,
): Target => {
  const arch = architecture(spec, image, boot)
  const { kind, reason } = chooseFirmware(spec.firmware, image.madeFor?.uefi === true, arch, boot)
  if (arch === 'aarch64' && kind === 'bios') {
    throw new JobError('config-error', 'firmware: bios is nothing that machines for aarch64 have', {
      hint: 'Use `uefi`, `uefi-secure` or `auto`.',
    })
  }
  const { sectorBytes } = boot
  if (sectorBytes !== undefined && kind === 'bios') {
    throw new JobError(
      'config-error',
      `firmware: bios does not start from a disk of ${sectorBytes}-byte sectors, for which the image was partitioned`,
      {
        hint: 'Use `uefi`, `uefi-secure` or `auto`.',
      },
    )
  }
  const { diskBus, nic: asked, emptyDisksBytes } = spec.hardware
  const drives = image.disks.length + emptyDisksBytes.length + 1 // with a seed
  const possible = buses.filter((one) => whyNotBus(one, { arch, firmware: kind, drives, sectorBytes }) === undefined)
  const fitting = possible.find((one) => one === image.madeFor?.diskBus) ?? 'virtio'
  const bus = diskBus === 'auto' || diskBus === 'any' ? fitting : diskBus
  const otherBuses = diskBus === 'any' ? possible.filter((other) => other !== bus) : []
  const nic = asked === 'auto' ? (nics.find((model) => model === image.madeFor?.nic) ?? 'virtio') : asked
  const diskBytes = spec.diskBytes ?? image.madeFor?.diskBytes
  return {
    arch,
    firmware: kind,
    firmwareReason:
      sectorBytes === undefined ? reason : `${reason}; the disk is partitioned for sectors of ${sectorBytes} bytes, and gets such`,
    bus,
    otherBuses,
    nic,
    ...(sectorBytes === undefined ? {} : { sectorBytes }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
  }
}

const chooseFirmware = (
  asked: MachineSpec['firmware'],
  askedByBox: boolean,
  arch: Architecture,
  boot: BootRecords,
): { readonly kind: Target['firmware']; readonly reason: string } => {
  if (asked !== 'auto') return { kind: asked, reason: `asked for by \`firmware: ${asked}\`` }
  return askedByBox ? { kind: 'uefi', reason: 'asked for by the box' } : fittingFirmware(arch, boot)
}

// A loader on the disk tells more than the name of a file, when it is for one architecture only.
const architecture = (spec: Pick<MachineSpec, 'image'>, image: Pick<Disks, 'arch'>, { bios, uefi }: BootRecords): Architecture => {
  if (spec.image.arch !== undefined) return spec.image.arch
  if (image.arch !== undefined) return image.arch
  const onlyAarch64 = uefi.length === 1 && uefi[0] === 'aarch64' && !bios
  return onlyAarch64 ? 'aarch64' : uefi.includes('x86_64') || bios ? 'x86_64' : likelyArchitecture(spec)
}

const fittingFirmware = (
  arch: Architecture,
  { bios, uefi, esp, sectorBytes, unread }: BootRecords,
): { kind: 'bios' | 'uefi'; reason: string } => {
  if (arch === 'aarch64') return { kind: 'uefi', reason: 'a machine for aarch64 has nothing else' }
  const loader = uefi.includes('x86_64')
  if (bios) return { kind: 'bios', reason: loader ? 'the disk boots by BIOS and by UEFI' : 'the disk has boot code for a BIOS' }
  if (loader) return { kind: 'uefi', reason: 'the disk has EFI/BOOT/BOOTX64.EFI and no boot code for a BIOS' }
  if (esp) return { kind: 'uefi', reason: 'the disk has an EFI system partition and no boot code for a BIOS' }
  if (sectorBytes !== undefined) return { kind: 'uefi', reason: 'no BIOS starts from such a disk' }
  return { kind: 'bios', reason: unread === undefined ? 'no boot loader was found on the disk' : `the disk could not be read: ${unread}` }
}
