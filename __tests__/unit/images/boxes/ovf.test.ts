import { expect, it } from 'vitest'
import { readOvf } from '../../../../src/images/boxes/ovf'
import { refusing } from '../../../../src/formats/tar/refuse'
import { ovf } from './make-box'

const firmwareOf = (xml: string) => {
  const { uefi, secureBoot, tpm } = readOvf(ovf('a.vmdk').replace('</Envelope>', `${xml}</Envelope>`), refusing('x'))
  return [...(uefi ? ['uefi'] : []), ...(secureBoot ? ['secure boot'] : []), ...(tpm ? ['tpm'] : [])].join(', ')
}
const config = (key: string, value: string): string => `<vmw:Config ovf:required="false" vmw:key="${key}" vmw:value="${value}"/>`

it.each([
  ['uefi', config('firmware', 'efi')],
  ['', config('firmware', 'bios')],
  ['', config('tools.firmware', 'efi')],
  ['uefi, secure boot', `${config('firmware', 'efi')}${config('bootOptions.efiSecureBootEnabled', 'true')}`],
  ['uefi', `${config('firmware', 'efi')}${config('bootOptions.efiSecureBootEnabled', 'false')}`],
  ['tpm', '<Item><rasd:ResourceSubType>vmware.vtpm</rasd:ResourceSubType></Item>'],
  ['uefi', '<vbox:Machine><BIOS/><Firmware type="EFI"/></vbox:Machine>'],
  ['uefi', '<vbox:Machine><Firmware type="EFI64"/></vbox:Machine>'],
  ['', '<vbox:Machine><Firmware type="BIOS"/></vbox:Machine>'],
  [
    'uefi, secure boot, tpm',
    '<vbox:Machine><Firmware type="EFI"/><TrustedPlatformModule type="v2_0"/><SecureBoot enabled="true"/></vbox:Machine>',
  ],
  ['', '<vbox:Machine><TrustedPlatformModule type="None"/><SecureBoot enabled="false"/></vbox:Machine>'],
])('an OVF asks for the firmware: "%s" of %s', (asked, xml) => {
  expect(firmwareOf(xml)).toBe(asked)
})
