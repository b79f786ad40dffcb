import { formatBytes } from '../../lib/shown'
import { littleEndian } from './bytes'
import { firstBroken, isRefusal, type Refusal, type HeaderRule } from './refusal'
import { findParent, readDescriptor } from './vmdk-descriptor'

export interface Vmdk {
  readonly createType: string
  readonly virtualBytes: number
}

interface Fields {
  readonly version: number
  readonly lineEnds: string
  readonly capacity: number // this and all below in sectors of 512 bytes
  readonly grain: number
  readonly descriptorAt: number
  readonly descriptorSectors: number
  readonly tableEntries: number
  readonly compression: number
  readonly fileBytes: number
  readonly maxVirtualBytes: number
}

const damaged = 'The file is damaged or was made to look like an image: make or fetch it again.'
const sector = 512
// So much of a descriptor QEMU reads for the name of a parent, however long the header says it is (vmdk_parent_open in block/vmdk.c).
const parentSectors = 20

const rules: readonly HeaderRule<Fields>[] = [
  { holds: ({ version }) => version >= 1 && version <= 3, refused: ({ version }) => `is VMDK version ${version}`, hint: damaged },
  {
    holds: ({ lineEnds }) => lineEnds === '\n \r\n',
    refused: () => 'is a VMDK that was changed by a text-mode transfer',
    hint: 'Transfer it in binary mode.',
  },
  {
    holds: ({ capacity, maxVirtualBytes }) => capacity > 0 && capacity * sector <= maxVirtualBytes,
    refused: ({ capacity }) => `is a VMDK disk of ${formatBytes(capacity * sector)}`,
    hint: damaged,
  },
  {
    holds: ({ grain, tableEntries }) =>
      grain >= 8 && grain <= 128 * 1024 && Number.isInteger(Math.log2(grain)) && tableEntries > 0 && tableEntries <= 512,
    refused: () => 'has impossible VMDK tables',
    hint: damaged,
  },
  { holds: ({ compression }) => compression <= 1, refused: () => 'has an unknown VMDK compression', hint: damaged },
  {
    // 20 sectors is what VMware writes; QEMU writes the same.
    holds: ({ descriptorAt, descriptorSectors }) => descriptorAt === 1 && descriptorSectors >= 1 && descriptorSectors <= 128,
    refused: () => 'has its VMDK descriptor where it does not belong',
    hint: damaged,
  },
  {
    holds: ({ descriptorSectors, fileBytes }) => (1 + descriptorSectors) * sector <= fileBytes,
    refused: ({ fileBytes }) => `is a VMDK cut short after ${formatBytes(fileBytes)}`,
    hint: damaged,
  },
]

export const isVmdk = (head: Buffer): boolean => head.toString('latin1', 0, 4) === 'KDMV'

export interface VmdkLimits {
  readonly fileBytes: number
  readonly maxVirtualBytes: number
}

// Reads the header of a VMDK that is one sparse file. tail: the last 1024 bytes, where a streamOptimized disk repeats its header.
export const readVmdk = (head: Buffer, tail: Buffer, limits: VmdkLimits): Vmdk | Refusal => {
  const { u16, u32, u64, text } = littleEndian(head)
  const fields: Fields = {
    version: u32(4),
    capacity: u64(12),
    grain: u64(20),
    descriptorAt: u64(28),
    descriptorSectors: u64(36),
    tableEntries: u32(44),
    lineEnds: text(73, 4),
    compression: u16(77),
    ...limits,
  }
  const broken = firstBroken(rules, fields)
  if (broken !== undefined) return broken
  const descriptor = readDescriptor(text(sector, fields.descriptorSectors * sector))
  if (isRefusal(descriptor)) return descriptor
  const parent = findParent(text(sector, parentSectors * sector))
  if (parent !== undefined) return parent
  // Tables at the end: their place is in the footer, and QEMU takes all of its header from there.
  const tablesAtEnd = u32(56) === 0xffffffff && u32(60) === 0xffffffff
  // QEMU counts in whole sectors, and would find its footer elsewhere.
  if ((tablesAtEnd || descriptor.createType === 'streamOptimized') && limits.fileBytes % sector !== 0) {
    return { refused: `is a VMDK cut short after ${limits.fileBytes} bytes, in the middle of a sector`, hint: damaged }
  }
  if (tablesAtEnd && !sameHeader(head, tail)) return { refused: 'is a VMDK whose footer differs from its header', hint: damaged }
  return { createType: descriptor.createType, virtualBytes: fields.capacity * sector }
}

// All but the place of the tables (bytes 56 to 63) is the same.
const sameHeader = (head: Buffer, tail: Buffer): boolean => {
  if (tail.length < 1024) return false
  const footer = tail.subarray(tail.length - 1024, tail.length - 512)
  return head.compare(footer, 0, 56, 0, 56) === 0 && head.compare(footer, 64, 512, 64, 512) === 0
}
