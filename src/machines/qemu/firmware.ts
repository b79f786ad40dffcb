import { copyFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { JobError } from '../../errors'

export interface Firmware {
  readonly kind: 'bios' | 'uefi'
  readonly code?: string // read-only flash
  readonly variables?: string // template, copied for each run
}

// Where Debian, Ubuntu and Fedora put OVMF; each pair belongs together.
const ovmf = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
] as const

export const uefiFiles = (exists: (path: string) => boolean = existsSync): readonly [string, string] | undefined =>
  ovmf.find(([code, variables]) => exists(code) && exists(variables))

// infra-error: UEFI was asked for and no OVMF is installed.
export const chooseFirmware = (asked: 'auto' | 'bios' | 'uefi' | 'uefi-secure'): Firmware => {
  if (asked === 'uefi-secure') {
    throw new JobError('config-error', 'firmware: uefi-secure is not supported yet', { hint: 'Use uefi, bios or auto.' })
  }
  if (asked !== 'uefi') return { kind: 'bios' }
  const files = uefiFiles()
  if (!files) {
    throw new JobError('infra-error', 'UEFI firmware for x86_64 (OVMF) is not installed', {
      hint: 'Install the package ovmf (Debian, Ubuntu) or edk2-ovmf (Fedora).',
    })
  }
  return { kind: 'uefi', code: files[0], variables: files[1] }
}

// The guest writes its UEFI variables into a copy of its own.
export const privateVariables = async (firmware: Firmware, dir: string, name: string): Promise<string | undefined> => {
  if (firmware.variables === undefined) return undefined
  const copy = join(dir, `${name}.uefi-variables.fd`)
  await copyFile(firmware.variables, copy)
  return copy
}
