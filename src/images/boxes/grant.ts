// What a box gets of the machine that it asks for.
import type { DiskBus, Nic } from '../../config/job'
import type { BoxGuest, MadeFor } from '../disks'
import type { Architecture } from '../names/architecture'
import { formatBytes, printable } from '../shown'
import type { Box } from './box'
import { isForVirtualBox } from './convert'

export interface Possible {
  readonly arch: Architecture // of the machine
  readonly virtualBytes: number // of the first disk
  readonly maxVirtualBytes: number
}

// The user and password that every box has unless its Vagrantfile says otherwise: https://developer.hashicorp.com/vagrant/docs/boxes/base
export const guestOf = ({ wishes, privateKey }: Box): BoxGuest => ({
  user: wishes.username ?? 'vagrant',
  password: wishes.password ?? 'vagrant',
  ...(privateKey !== undefined && 'key' in privateKey ? { privateKey: privateKey.key } : {}),
})

export const machineFor = (box: Box, possible: Possible): MadeFor => {
  const { wishes } = box
  const diskBus = diskBusOf(box)
  const nic = nics.find((model) => model === wishes.nic)
  const { diskBytes = NaN, memoryBytes, cpus } = wishes
  return {
    uefi: wishes.uefi === true,
    ...(diskBus === undefined ? {} : { diskBus }),
    ...(nic === undefined ? {} : { nic }),
    ...(diskBytes >= possible.virtualBytes && diskBytes <= possible.maxVirtualBytes ? { diskBytes } : {}),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { cpus }),
  }
}

const nics: readonly Nic[] = ['virtio', 'e1000', 'e1000e', 'rtl8139']

// SCSI is another thing in each hypervisor: a box for VirtualBox knows that of LSI Logic, one for libvirt that of virtio.
const diskBusOf = ({ provider, wishes: { diskBus } }: Box): DiskBus | undefined => {
  if (diskBus === 'scsi') return isForVirtualBox({ provider }) ? undefined : diskBus
  return diskBus === 'virtio' || diskBus === 'sata' || diskBus === 'ide' ? diskBus : undefined
}

// What the report must say of wishes that are not met. Those for memory and CPUs are for the job to decide.
export const unmetWishes = ({ provider, wishes }: Box, given: MadeFor, possible: Possible): readonly string[] => {
  const { diskBus, nic, diskBytes, machineType, loader } = wishes
  const { machine, fits } = chipsetOf(possible.arch, given.diskBus)
  return [
    ...(diskBus === given.diskBus ? [] : [`its disk on ${shown(diskBus)}, but it is tested on virtio`]),
    ...(nic === given.nic ? [] : [`a network card of the model ${shown(nic)}, but it is tested with virtio`]),
    ...(diskBytes === given.diskBytes ? [] : [`a disk of ${formatBytes(diskBytes ?? 0)}, but ${whyNot(possible)}`]),
    ...(fits.test(machineType ?? machine) ? [] : [`the machine type ${shown(machineType)}, but it is tested on ${machine}`]),
    ...(loader === undefined ? [] : [`the firmware ${shown(loader)}, but what it boots by is told by its disk`]),
  ].map((wish) => `the ${provider === 'ova' ? 'OVA' : 'box'} asks for ${wish}`)
}

const shown = (text = ''): string => printable(text, 60)

const whyNot = ({ virtualBytes, maxVirtualBytes }: Possible): string =>
  `it may have ${formatBytes(virtualBytes)}, as it is, to ${formatBytes(maxVirtualBytes)}`

// As QEMU is asked for them, and how libvirt writes them with a version.
const chipsetOf = (arch: Architecture, bus: DiskBus | undefined): { readonly machine: string; readonly fits: RegExp } => {
  if (arch === 'aarch64') return { machine: 'virt', fits: /^virt(-|$)/ }
  return bus === 'ide' ? { machine: 'pc', fits: /^pc(-i440fx|$)/ } : { machine: 'q35', fits: /^(pc-)?q35(-|$)/ }
}
