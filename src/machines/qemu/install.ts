import { ensurePackages, missingPrograms, type Packages } from '../../lib/packages'
import { uefiFiles } from './firmware'

export interface QemuRequest extends Pick<Packages, 'signal' | 'marker' | 'timeoutMs' | 'onProgress' | 'isRoot'> {
  readonly arch?: 'x86_64' | 'aarch64'
  readonly uefi?: boolean // firmware is needed, not only welcome
}

// Makes QEMU and qemu-img available on this host. infra-error
export const ensureQemu = ({ arch = 'x86_64', uefi = false, ...request }: QemuRequest): Promise<void> =>
  ensurePackages({
    ...request,
    ...(arch === 'aarch64' ? onAarch64 : onX86),
    missing: () => [
      ...missingPrograms([`qemu-system-${arch}`, 'qemu-img']),
      ...(uefi && arch === 'x86_64' && uefiFiles() === undefined ? ['OVMF'] : []),
    ],
  })

const onX86 = {
  packages: ['qemu-system-x86', 'qemu-utils', 'ovmf'],
  elsewhere: 'Install QEMU first, on Fedora: sudo dnf install qemu-system-x86-core qemu-img edk2-ovmf',
}
const onAarch64 = {
  packages: ['qemu-system-arm', 'qemu-efi-aarch64', 'qemu-utils'],
  elsewhere: 'Install QEMU first, on Fedora: sudo dnf install qemu-system-aarch64-core qemu-img edk2-aarch64',
}
