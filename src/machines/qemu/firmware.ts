import { constants, existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { Architecture } from '../../lib/architecture'
import { JobError } from '../../errors'
import type { FirmwareKind } from './fit/firmware-kind'

export interface Firmware {
  readonly kind: FirmwareKind
  readonly flash?: Flash // absent: QEMU's own BIOS
}

export interface Flash {
  readonly code: string // read-only
  readonly variables: string // template, copied for each run
}

// Where Debian, Ubuntu and Fedora put OVMF and AAVMF; each pair belongs together. Those for secure boot hold Microsoft's keys already.
const installed: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'x86_64 uefi': [
    ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
    ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
    ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
    ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ],
  'x86_64 uefi-secure': [
    ['/usr/share/OVMF/OVMF_CODE_4M.ms.fd', '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'],
    ['/usr/share/OVMF/OVMF_CODE.ms.fd', '/usr/share/OVMF/OVMF_VARS.ms.fd'],
    ['/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd'],
  ],
  'aarch64 uefi': [
    ['/usr/share/AAVMF/AAVMF_CODE.fd', '/usr/share/AAVMF/AAVMF_VARS.fd'],
    ['/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw', '/usr/share/edk2/aarch64/vars-template-pflash.raw'],
  ],
  'aarch64 uefi-secure': [['/usr/share/AAVMF/AAVMF_CODE.ms.fd', '/usr/share/AAVMF/AAVMF_VARS.ms.fd']], // Fedora has none
}

export const flashFor = (arch: Architecture, kind: FirmwareKind, exists: (path: string) => boolean = existsSync): Flash | undefined => {
  const [code, variables] = installed[`${arch} ${kind}`]?.find((pair) => pair.every(exists)) ?? []
  return code === undefined || variables === undefined ? undefined : { code, variables }
}

// infra-error: the firmware is not installed.
export const findFirmware = (arch: Architecture, kind: FirmwareKind): Firmware => {
  if (kind === 'bios') return { kind }
  const flash = flashFor(arch, kind)
  if (flash) return { kind, flash }
  const [name, packages] = arch === 'aarch64' ? ['AAVMF', 'qemu-efi-aarch64'] : ['OVMF', 'ovmf']
  throw new JobError('infra-error', `${kind === 'uefi' ? 'UEFI' : 'secure UEFI'} firmware for ${arch} (${name}) is not installed`, {
    hint: `Install the package ${packages} (Debian, Ubuntu) or ${arch === 'aarch64' ? 'edk2-aarch64' : 'edk2-ovmf'} (Fedora).`,
  })
}

// The guest writes its UEFI variables into a copy of its own.
export const copyVariables = async ({ flash }: Firmware, to: string): Promise<void> => {
  if (flash !== undefined) await copyFile(flash.variables, to, constants.COPYFILE_EXCL)
}
