import { expect, it } from 'vitest'
import { flashFor } from '../../../../src/machines/qemu/firmware'

const installed = (files: RegExp) => (path: string) => files.test(path)

it('is found where Debian and Fedora put it, each part with the other', () => {
  expect(flashFor('x86_64', 'uefi', installed(/./))).toEqual({
    code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
    variables: '/usr/share/OVMF/OVMF_VARS_4M.fd',
  })
  expect(flashFor('x86_64', 'uefi', installed(/edk2.ovmf/))?.code).toBe('/usr/share/edk2/ovmf/OVMF_CODE.fd')
  expect(flashFor('aarch64', 'uefi', installed(/AAVMF/))?.variables).toBe('/usr/share/AAVMF/AAVMF_VARS.fd')
  expect(flashFor('x86_64', 'uefi', installed(/CODE/))).toBeUndefined()
})

it('for secure boot comes with keys, or not at all', () => {
  expect(flashFor('x86_64', 'uefi-secure', installed(/./))).toEqual({
    code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd',
    variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
  })
  expect(flashFor('x86_64', 'uefi-secure', installed(/(CODE|VARS)_4M.fd/))).toBeUndefined()
  expect(flashFor('aarch64', 'uefi-secure', installed(/./))).toEqual({
    code: '/usr/share/AAVMF/AAVMF_CODE.ms.fd',
    variables: '/usr/share/AAVMF/AAVMF_VARS.ms.fd',
  })
})
