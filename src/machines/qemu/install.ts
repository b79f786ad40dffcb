import { ensurePackages, missingPrograms, type Packages } from '../../host/packages'
import { flashFor } from './firmware'
import type { FirmwareKind } from './fit/firmware-kind'

export interface QemuRequest extends Pick<Packages, 'signal' | 'marker' | 'timeoutMs' | 'onProgress' | 'isRoot'> {
  readonly arch?: 'x86_64' | 'aarch64'
  readonly firmware?: FirmwareKind | undefined // that is needed; others are only welcome
  readonly tpm?: boolean
}

// Makes QEMU and qemu-img available on this host, and what the machine needs besides. infra-error
export const ensureQemu = async ({ arch = 'x86_64', firmware = 'bios', tpm = false, ...request }: QemuRequest): Promise<void> => {
  // What keeps QEMU within limits, and ends it with us.
  await ensurePackages({
    ...request,
    missing: () => missingPrograms(['setpriv', 'prlimit']),
    packages: ['util-linux'],
    elsewhere: 'Install util-linux first, on Fedora: sudo dnf install util-linux',
  })
  await ensurePackages({
    ...request,
    ...(arch === 'aarch64' ? onAarch64 : onX86),
    missing: () => [
      ...missingPrograms([`qemu-system-${arch}`, 'qemu-img']),
      ...(firmware !== 'bios' && flashFor(arch, firmware) === undefined ? [arch === 'x86_64' ? 'OVMF' : 'AAVMF'] : []),
    ],
  })
  if (!tpm) return
  await ensurePackages({
    ...request,
    missing: () => missingPrograms(['swtpm']),
    packages: ['swtpm'],
    elsewhere: 'Install swtpm first, on Fedora: sudo dnf install swtpm',
  })
}

const onX86 = {
  packages: ['qemu-system-x86', 'qemu-utils', 'ovmf'],
  elsewhere: 'Install QEMU first, on Fedora: sudo dnf install qemu-system-x86-core qemu-img edk2-ovmf',
}
const onAarch64 = {
  packages: ['qemu-system-arm', 'qemu-efi-aarch64', 'qemu-utils'],
  elsewhere: 'Install QEMU first, on Fedora: sudo dnf install qemu-system-aarch64-core qemu-img edk2-aarch64',
}
