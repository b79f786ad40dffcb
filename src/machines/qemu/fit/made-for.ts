// What a box or an OVA gets of the machine that it asks for.
import type { DiskBus } from '../../../config/job'
import type { Disks } from '../../../images/disks'
import { printable } from '../../../lib/shown'
import type { Target } from './target'

// What the report must say of wishes that are not met. Those for memory and CPUs are for the job to decide.
export const unmetWishes = (
  { madeFor, box }: Pick<Disks, 'madeFor' | 'box'>,
  { arch, bus, nic, firmware }: Target,
  { tpm }: { readonly tpm: boolean },
): readonly string[] => {
  if (madeFor === undefined) return []
  const { machine, fits } = chipsetOf(arch, bus)
  return [
    ...unlike(madeFor.diskBus, bus, 'its disk on'),
    ...unlike(madeFor.nic, nic, 'a network card of the model'),
    ...(fits.test(madeFor.machineType ?? machine)
      ? []
      : [`the machine type ${shown(madeFor.machineType)}, but it is tested on ${machine}`]),
    ...(madeFor.secureBoot === true && firmware !== 'uefi-secure'
      ? ['secure boot, but it is tested without: set `firmware: uefi-secure`']
      : []),
    ...(madeFor.tpm === true && !tpm ? ['a TPM, but it is tested without: set `tpm: true`'] : []),
    ...(madeFor.loader === undefined ? [] : [`the firmware ${shown(madeFor.loader)}, but what it boots by is told by its disk`]),
  ].map((wish) => `the ${box === undefined ? 'OVA' : 'box'} asks for ${wish}`)
}

const unlike = (asked: string | undefined, given: string, what: string): readonly string[] =>
  asked === undefined || asked === given ? [] : [`${what} ${shown(asked)}, but it is tested with ${given}`]

const shown = (text = ''): string => printable(text, 60)

// As QEMU is asked for them, and how libvirt writes them with a version.
const chipsetOf = (arch: Target['arch'], bus: DiskBus): { readonly machine: string; readonly fits: RegExp } => {
  if (arch === 'aarch64') return { machine: 'virt', fits: /^virt(-|$)/ }
  return bus === 'ide' ? { machine: 'pc', fits: /^pc(-i440fx|$)/ } : { machine: 'q35', fits: /^(pc-)?q35(-|$)/ }
}
