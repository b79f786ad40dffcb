import type { Refusal } from './refusal'

// Most of these formats can name other files, which qemu-img opens.
const toQcow2 = 'Convert it first, on a machine that trusts it: qemu-img convert -O qcow2 IN OUT.qcow2'
const notADisk = 'Give the disk image itself, in qcow2 or raw format.'
const address = 'Look at what the address delivers: it may be a login or error page, or a page about the image.'

interface Foreign {
  readonly what: string
  readonly hint: string
  readonly container: boolean // a format of its own, so that `format: raw` would only show its wrapping to the guest
  readonly matches: (head: Buffer) => boolean
}

const at = (offset: number, magic: string) => (head: Buffer) =>
  head.length >= offset + magic.length && head.toString('latin1', offset, offset + magic.length) === magic

const beginsLike = (pattern: RegExp) => (head: Buffer) =>
  pattern.test(
    head
      .toString('latin1', 0, 512)
      .replace(/^\xef\xbb\xbf/, '')
      .trimStart(),
  )

const pe = (head: Buffer): boolean => at(0, 'MZ')(head) && head.length > 0x40 && at(head.readUInt32LE(0x3c), 'PE\0\0')(head)

const isText = (head: Buffer): boolean => head.length > 0 && /^[\t\n\r\x20-\x7e]+$/.test(head.toString('latin1', 0, 512))

// Everything that people give by mistake, and every disk format that is not ours. The order matters where one looks like another.
const table: readonly Foreign[] = [
  { what: 'empty', hint: notADisk, container: true, matches: (head) => head.length === 0 },
  { what: 'a qcow image of version 1', hint: toQcow2, container: true, matches: at(0, 'QFI\xfb\0\0\0\x01') },
  { what: 'a QED image', hint: toQcow2, container: true, matches: at(0, 'QED\0') },
  { what: 'a VHDX image', hint: toQcow2, container: true, matches: at(0, 'vhdxfile') },
  { what: 'a dynamic VHD image', hint: toQcow2, container: true, matches: at(0, 'conectix') },
  { what: 'a VirtualBox VDI image', hint: toQcow2, container: true, matches: at(0x40, '\x7f\x10\xda\xbe') },
  {
    what: 'a Parallels image',
    hint: toQcow2,
    container: true,
    matches: (head) => at(0, 'WithoutFreeSpace')(head) || at(0, 'WithouFreSpacExt')(head),
  },
  { what: 'an Apple disk image', hint: toQcow2, container: true, matches: at(0, 'encrcdsa') },
  {
    what: 'encrypted with LUKS',
    hint: 'Give an image without encryption: its key is not known here.',
    container: true,
    matches: at(0, 'LUKS\xba\xbe'),
  },
  { what: 'an xz archive', hint: notADisk, container: true, matches: at(0, '\xfd7zXZ\0') },
  { what: 'a zstd archive', hint: notADisk, container: true, matches: at(0, '\x28\xb5\x2f\xfd') },
  { what: 'a gzip archive', hint: notADisk, container: true, matches: at(0, '\x1f\x8b\x08') },
  { what: 'a bzip2 archive', hint: notADisk, container: true, matches: at(0, 'BZh') },
  { what: 'a 7-Zip archive', hint: 'Unpack it first.', container: true, matches: at(0, "7z\xbc\xaf'\x1c") },
  { what: 'a zip archive', hint: 'Unpack it first.', container: true, matches: at(0, 'PK\x03\x04') },
  {
    what: 'a tar archive (OVA, Vagrant box or GCE image)',
    hint: 'Leave format out for a Vagrant box or an OVA; unpack anything else first.',
    container: true,
    matches: at(257, 'ustar'),
  },
  { what: 'an RPM package', hint: notADisk, container: true, matches: at(0, '\xed\xab\xee\xdb') },
  { what: 'a squashfs file system', hint: notADisk, container: true, matches: at(0, 'hsqs') },
  { what: 'a program (ELF)', hint: notADisk, container: true, matches: at(0, '\x7fELF') },
  { what: 'a Linux kernel', hint: notADisk, container: true, matches: at(0x202, 'HdrS') },
  { what: 'an EFI or Windows program', hint: notADisk, container: true, matches: pe },
  {
    what: 'an ISO 9660 image',
    hint: 'Cloud images are qcow2 or raw; to boot it as a plain disk all the same, say format: raw.',
    container: false,
    matches: at(0x8001, 'CD001'),
  },
  { what: 'an HTML page, not a disk image', hint: address, container: true, matches: beginsLike(/^<(!doctype\s+html|html|head|body)\b/i) },
  { what: 'an XML document', hint: address, container: true, matches: beginsLike(/^<\?xml\b/i) },
  { what: 'a JSON document', hint: address, container: true, matches: beginsLike(/^[[{]\s*["{[\]}]/) },
  {
    what: 'a Git LFS pointer, not the file it stands for',
    hint: 'Check out with `lfs: true`, or run `git lfs pull` first.',
    container: true,
    matches: at(0, 'version https://git-lfs.github.com/'),
  },
  {
    what: 'a VMDK descriptor, which names its disks in other files',
    hint: toQcow2,
    container: true,
    matches: beginsLike(/^# disk descriptorfile/i),
  },
  { what: 'a text file', hint: notADisk, container: true, matches: isText },
]

// Names what a file is by its first bytes when it is no image that can be booted. `raw`: the user says that the bytes are those of a disk.
export const foreign = (head: Buffer, raw: boolean): Refusal | undefined => {
  const found = table.find(({ matches, container }) => (container || !raw) && matches(head))
  return found && { refused: `is ${found.what}`, hint: found.hint }
}
