// Boxes of small disks, packed by hand or by the programs that people use.
import { gzipSync } from 'node:zlib'
import { inFolder } from '../../../support/make'
import { tar, type Entry } from '../../../support/make-tar'

export const vagrantfile = (...lines: readonly string[]): string =>
  ['Vagrant.configure("2") do |config|', ...lines.map((line) => `  ${line}`), 'end', ''].join('\n')

export const text = (name: string, content: unknown): Entry => ({
  name,
  content: typeof content === 'string' ? content : JSON.stringify(content),
})

export const libvirt = (given: object = { format: 'qcow2', virtual_size: 5 }): Entry =>
  text('metadata.json', { provider: 'libvirt', ...given })

export const ovf = (...disks: readonly string[]): string => `<?xml version="1.0"?>
<Envelope ovf:version="1.0" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References>
${disks.map((disk, index) => `    <File ovf:id="file${index}" ovf:href="${disk}"/>`).join('\n')}
  </References>
  <DiskSection>
    <Info>disks</Info>
${disks.map((_, index) => `    <Disk ovf:capacity="1" ovf:diskId="vmdisk${index}" ovf:fileRef="file${index}"/>`).join('\n')}
  </DiskSection>
</Envelope>
`

// A box in a file, packed with gzip unless told.
export const boxFile = (members: readonly Entry[], { packed = true, name = 'x.box' }: { packed?: boolean; name?: string } = {}): string => {
  const archive = tar(...members)
  return inFolder(name, packed ? gzipSync(archive, { level: 1 }) : archive)
}
