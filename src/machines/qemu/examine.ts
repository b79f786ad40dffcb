// What this host has of what QEMU needs.
import { findProgram } from '../../host/find-program'
import type { HostCheck } from '../provider'
import { chooseAccelerator } from './accelerator'
import { flashFor } from './firmware'

export const examineForQemu = async (dir: string | undefined): Promise<readonly HostCheck[]> => {
  const programs = await Promise.all([
    findProgram('qemu-system-x86_64', true, 'installed by the first run where apt is; else install qemu-system-x86'),
    findProgram('qemu-img', true, 'installed by the first run where apt is; else install qemu-utils'),
    findProgram('setpriv', true, 'install util-linux'),
    findProgram('prlimit', true, 'install util-linux'),
  ])
  return [...programs, await accelerator(dir, programs[0].ok), uefi()]
}

const accelerator = async (dir: string | undefined, hasQemu: boolean): Promise<HostCheck> => {
  if (!hasQemu || dir === undefined)
    return { name: 'accelerator', ok: false, needed: false, text: `not tried without ${hasQemu ? 'a folder to write to' : 'QEMU'}` }
  const { kind, reason } = await chooseAccelerator({ asked: 'auto', qemu: 'qemu-system-x86_64', dir })
  return {
    name: 'accelerator',
    ok: kind === 'kvm',
    needed: false,
    text: kind === 'kvm' ? `KVM: ${reason}` : `software emulation, 3 to 10 times slower: ${reason}`,
  }
}

const uefi = (): HostCheck => {
  const flash = flashFor('x86_64', 'uefi')
  return {
    name: 'UEFI firmware',
    ok: flash !== undefined,
    needed: false,
    text: flash?.code ?? 'not found: install ovmf (Debian, Ubuntu) or edk2-ovmf (Fedora)',
  }
}
