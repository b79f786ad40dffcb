import { expect, it } from 'vitest'
import type { MadeFor } from '../../../../../src/images/disks'
import { unmetWishes } from '../../../../../src/machines/qemu/fit/made-for'
import type { Target } from '../../../../../src/machines/qemu/fit/target'

const target: Target = { arch: 'x86_64', firmware: 'bios', firmwareReason: '', bus: 'virtio', otherBuses: [], nic: 'virtio' }
const box = { user: 'vagrant', password: 'vagrant' }
const unmet = (madeFor: Partial<MadeFor>, given: Partial<Target> = {}) =>
  unmetWishes({ box, madeFor: { uefi: false, ...madeFor } }, { ...target, ...given }, { tpm: false })

it.each<[Partial<MadeFor>, Partial<Target>, string]>([
  [{ diskBus: 'usb' }, {}, 'its disk on usb, but it is tested with virtio'],
  [{ diskBus: 'parallel SCSI' }, { bus: 'sata' }, 'its disk on parallel SCSI, but it is tested with sata'],
  [{ nic: 'pcnet' }, { nic: 'e1000' }, 'a network card of the model pcnet, but it is tested with e1000'],
  [{ machineType: 'pc' }, {}, 'the machine type pc, but it is tested on q35'],
  [{ machineType: 'q35' }, { bus: 'ide' }, 'the machine type q35, but it is tested on pc'],
  [{ secureBoot: true }, { firmware: 'uefi' }, 'secure boot, but it is tested without: set `firmware: uefi-secure`'],
  [{ tpm: true }, {}, 'a TPM, but it is tested without: set `tpm: true`'],
  [{ loader: '/opt/firmware.bin' }, {}, 'the firmware /opt/firmware.bin, but what it boots by is told by its disk'],
])('tells what a box asks for and does not get: %j', (madeFor, given, wish) => {
  expect(unmet(madeFor, given)).toEqual([`the box asks for ${wish}`])
})

it('says nothing of what it gets', () => {
  expect(unmetWishes({}, target, { tpm: false })).toEqual([])
  expect(unmet({})).toEqual([])
  expect(unmet({ diskBus: 'virtio', nic: 'virtio', machineType: 'pc-q35-7.2' })).toEqual([])
  expect(unmet({ diskBus: 'ide', machineType: 'pc-i440fx-6.2' }, { bus: 'ide' })).toEqual([])
  expect(unmet({ machineType: 'virt' }, { arch: 'aarch64' })).toEqual([])
})

it('calls an OVA one', () => {
  expect(unmetWishes({ madeFor: { uefi: false, diskBus: 'ide' } }, target, { tpm: false })).toEqual([
    'the OVA asks for its disk on ide, but it is tested with virtio',
  ])
})

it('says nothing of secure boot and a TPM that are there', () => {
  const madeFor = { uefi: true, secureBoot: true, tpm: true }
  expect(unmetWishes({ box, madeFor }, { ...target, firmware: 'uefi-secure' }, { tpm: true })).toEqual([])
})
