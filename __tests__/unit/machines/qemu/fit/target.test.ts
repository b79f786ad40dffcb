import { describe, expect, it } from 'vitest'
import type { BootRecords } from '../../../../../src/formats/boot-records'
import type { DiskBus, Nic } from '../../../../../src/config/job'
import { chooseTarget, likelyArchitecture } from '../../../../../src/machines/qemu/fit/target'

const nothing: BootRecords = { bios: false, uefi: [], esp: false }
const choose = (
  boot: Partial<BootRecords>,
  {
    source = 'disk.qcow2',
    arch,
    named,
    firmware = 'auto',
    diskBus = 'auto',
    boxBus,
    disks = 1,
    nic = 'auto',
    diskBytes,
    box,
  }: {
    source?: string
    arch?: 'x86_64' | 'aarch64'
    named?: 'aarch64'
    firmware?: 'auto' | 'bios' | 'uefi' | 'uefi-secure'
    diskBus?: 'auto' | 'any' | DiskBus
    boxBus?: DiskBus
    disks?: number
    nic?: 'auto' | Nic
    diskBytes?: number
    box?: { nic?: Nic; diskBytes?: number }
  } = {},
) =>
  chooseTarget(
    {
      image: { source, verify: 'auto', ...(arch === undefined ? {} : { arch }) },
      firmware,
      hardware: { tpm: false, diskBus, nic, nics: 1, emptyDisksBytes: [] },
      ...(diskBytes === undefined ? {} : { diskBytes }),
    },
    {
      disks: Array.from({ length: disks }, () => ({ path: '/disk.qcow2', format: 'qcow2', virtualBytes: 1 }) as const),
      ...(named === undefined ? {} : { arch: named }),
      ...(boxBus === undefined ? {} : { madeFor: { uefi: false, diskBus: boxBus } }),
      ...(box === undefined ? {} : { madeFor: { uefi: false, ...box } }),
    },
    { ...nothing, ...boot },
  )

describe('the firmware', () => {
  it.each([
    ['boot code alone', { bios: true }, 'bios', 'the disk has boot code for a BIOS'],
    ['both', { bios: true, uefi: ['x86_64'], esp: true }, 'bios', 'the disk boots by BIOS and by UEFI'],
    ['a loader alone', { uefi: ['x86_64'], esp: true }, 'uefi', 'the disk has EFI/BOOT/BOOTX64.EFI and no boot code for a BIOS'],
    ['an ESP alone', { esp: true }, 'uefi', 'the disk has an EFI system partition and no boot code for a BIOS'],
    ['nothing', {}, 'bios', 'no boot loader was found on the disk'],
    ['what cannot be read', { unread: 'its tables lead on and on' }, 'bios', 'the disk could not be read: its tables lead on and on'],
    [
      '4096-byte sectors',
      { uefi: ['x86_64'], esp: true, sectorBytes: 4096 },
      'uefi',
      'the disk has EFI/BOOT/BOOTX64.EFI and no boot code for a BIOS; the disk is partitioned for sectors of 4096 bytes, and gets such',
    ],
    ['a loader for aarch64', { uefi: ['aarch64'], esp: true }, 'uefi', 'a machine for aarch64 has nothing else'],
  ] satisfies [string, Partial<BootRecords>, string, string][])('of a disk with %s', (_name, boot, firmware, firmwareReason) => {
    expect(choose(boot)).toMatchObject({ firmware, firmwareReason })
  })

  it('is what was asked for, whatever the disk holds', () => {
    expect(choose({ bios: true }, { firmware: 'uefi-secure' })).toMatchObject({
      firmware: 'uefi-secure',
      firmwareReason: 'asked for by `firmware: uefi-secure`',
    })
  })

  it('of aarch64 is UEFI, and nothing else can be asked for', () => {
    expect(() => choose({}, { arch: 'aarch64', firmware: 'bios' })).toThrow('firmware: bios is nothing that machines for aarch64 have')
    expect(choose({}, { arch: 'aarch64', firmware: 'uefi-secure' }).firmware).toBe('uefi-secure')
  })
})

describe('the architecture', () => {
  it.each([
    ['what was asked for', { uefi: ['x86_64'] }, { arch: 'aarch64' }, 'aarch64'],
    ['what the name stands for', { bios: true }, { named: 'aarch64' }, 'aarch64'],
    ['that of the only loader', { uefi: ['aarch64'] }, { source: 'x86_64.qcow2' }, 'aarch64'],
    ['x86_64 when there are loaders for both', { uefi: ['x86_64', 'aarch64'] }, { source: 'disk.qcow2' }, 'x86_64'],
    ['that of the boot code', { bios: true }, { source: 'arm64.qcow2' }, 'x86_64'],
    [
      "that of the file's name, where the disk tells nothing",
      {},
      { source: 'https://example.org/x86_64/Base.aarch64-1.qcow2?x86_64' },
      'aarch64',
    ],
    ['x86_64, where nothing tells', {}, {}, 'x86_64'],
  ] satisfies [string, Partial<BootRecords>, Parameters<typeof choose>[1], string][])('is %s', (_name, boot, given, arch) => {
    expect(choose(boot, given)).toMatchObject({ arch })
  })

  it('is guessed from the name before the image is there', () => {
    const guess = (source: string) => likelyArchitecture({ image: { source, verify: 'auto' } })
    expect([guess('tiny-arm64.qcow2'), guess('Fedora.aarch64.qcow2'), guess('debian-13-amd64.qcow2'), guess('aarch64/disk.qcow2')]).toEqual(
      ['aarch64', 'aarch64', 'x86_64', 'x86_64'],
    )
  })
})

describe('the bus of the disks', () => {
  it('is what was asked for, else what the box is made for, else virtio', () => {
    expect(choose({ bios: true }).bus).toBe('virtio')
    expect(choose({ bios: true }, { boxBus: 'sata' }).bus).toBe('sata')
    expect(choose({ bios: true }, { boxBus: 'sata', diskBus: 'virtio' }).bus).toBe('virtio')
    expect(choose({ bios: true }).otherBuses).toEqual([])
  })

  it('is not one that a box asks for and the machine cannot have', () => {
    expect(choose({ bios: true }, { boxBus: 'ide', disks: 3 }).bus).toBe('ide')
    expect(choose({ bios: true }, { boxBus: 'ide', disks: 4 }).bus).toBe('virtio') // there would be no room for the seed
    expect(choose({ bios: true }, { boxBus: 'ide', firmware: 'uefi-secure' }).bus).toBe('virtio')
    expect(choose({ bios: true }, { diskBus: 'any', disks: 4 }).otherBuses).toEqual(['scsi', 'sata'])
  })

  it('may be any that the machine has, the one of the box first', () => {
    const buses = (...given: Parameters<typeof choose>): readonly DiskBus[] => {
      const { bus, otherBuses } = choose(...given)
      return [bus, ...otherBuses]
    }
    expect(buses({ bios: true }, { diskBus: 'any' })).toEqual(['virtio', 'scsi', 'sata', 'ide'])
    expect(buses({ bios: true }, { diskBus: 'any', boxBus: 'sata' })).toEqual(['sata', 'virtio', 'scsi', 'ide'])
    expect(buses({}, { diskBus: 'any', firmware: 'uefi-secure' })).toEqual(['virtio', 'scsi', 'sata'])
    expect(buses({}, { diskBus: 'any', arch: 'aarch64' })).toEqual(['virtio', 'scsi', 'sata'])
  })
})

describe('what else a box asks for', () => {
  it('is given unless the job says otherwise', () => {
    expect(choose({})).toMatchObject({ nic: 'virtio' })
    expect(choose({})).not.toHaveProperty('diskBytes')
    expect(choose({}, { box: { nic: 'e1000', diskBytes: 40 } })).toMatchObject({ nic: 'e1000', diskBytes: 40 })
    expect(choose({}, { box: { nic: 'e1000', diskBytes: 40 }, nic: 'virtio', diskBytes: 50 })).toMatchObject({
      nic: 'virtio',
      diskBytes: 50,
    })
  })
})
