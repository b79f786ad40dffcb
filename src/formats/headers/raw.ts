import type { Refusal } from './refusal'

const fileSystems: readonly (readonly [string, number, string])[] = [
  ['ext2, ext3 or ext4', 0x438, '\x53\xef'],
  ['XFS', 0, 'XFSB'],
  ['btrfs', 0x10040, '_BHRfS_M'],
]

// Whether the bytes are those of a disk: a raw image has no header of its own, only what a disk has, a partition table.
// tail: the last 512 bytes or more.
export const readRaw = (head: Buffer, tail: Buffer, asked: boolean): Refusal | undefined => {
  if (asked) return undefined
  if (tail.length >= 512 && tail.toString('latin1', tail.length - 512, tail.length - 504) === 'conectix') {
    return {
      refused: 'is a fixed VHD image',
      hint: 'It is a raw disk with a trailer: say format: raw to boot it, or convert it with qemu-img.',
    }
  }
  // The signature of a boot sector, which a GPT disk has too in its protective MBR.
  if (head.length >= 512 && head.readUInt16LE(510) === 0xaa55) return undefined
  const fileSystem = fileSystems.find(([, at, magic]) => head.toString('latin1', at, at + magic.length) === magic)
  if (fileSystem !== undefined) {
    return {
      refused: `is a file system (${fileSystem[0]}) without a partition table`,
      hint: 'Give the image of a whole disk; say format: raw if this one boots as it is.',
    }
  }
  return {
    refused: head.every((byte) => byte === 0)
      ? 'begins with nothing but zeros'
      : 'is in no format that is known here, and has no boot sector',
    hint: 'Images are qcow2, or raw disks with a partition table. Say format: raw if it is meant to be a raw disk all the same.',
  }
}
