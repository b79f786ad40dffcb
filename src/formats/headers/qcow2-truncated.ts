import { formatBytes } from '../../lib/shown'
import type { Qcow2 } from './qcow2'
import type { Refusal } from './refusal'

// Reads up to so many bytes; fewer at the end of the file.
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

// Second tables are read up to here, the last ones first, since an image is mostly written front to back.
const budgetBytes = 2 * 1024 * 1024

// Looks for clusters beyond the end of the file: the mark of a copy that stopped half-way, whose header is still whole. QEMU would open it and
// the guest would get zeros or errors later. Not a full check (qemu-img check is one), but cheap.
export const findTruncation = async (image: Qcow2, fileBytes: number, readAt: ReadAt): Promise<Refusal | undefined> => {
  const { clusterBits, clusterBytes, l1Entries, l1Offset, extendedL2 } = image
  const l1 = view(await readAt(l1Offset, Math.min(l1Entries * 8, budgetBytes)))
  const tables: number[] = []
  for (let at = 0; at + 8 <= l1.byteLength; at += 8) {
    const offset = clusterOffset(l1, at)
    if (offset >= fileBytes) return beyond(fileBytes)
    if (offset > 0) tables.push(offset)
  }
  const entryBytes = extendedL2 ? 16 : 8
  for (const table of tables.slice(-Math.max(Math.floor(budgetBytes / clusterBytes), 1)).reverse()) {
    const l2 = view(await readAt(table, clusterBytes))
    for (let at = 0; at + 8 <= l2.byteLength; at += entryBytes) {
      const offset = l2.getUint8(at) & 0x40 ? compressedOffset(l2, at, clusterBits) : clusterOffset(l2, at)
      if (offset >= fileBytes) return beyond(fileBytes)
    }
  }
  return undefined
}

const beyond = (fileBytes: number): Refusal => ({
  refused: `ends after ${formatBytes(fileBytes)}, though it refers to data after that`,
  hint: 'The file is cut short: make, copy or fetch it again.',
})

const view = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

// Bits 9 to 55 of an entry.
const clusterOffset = (table: DataView, at: number): number =>
  (table.getUint32(at) & 0x00ffffff) * 2 ** 32 + ((table.getUint32(at + 4) & 0xfffffe00) >>> 0)

// Of a compressed cluster the offset takes 62 - (cluster_bits - 8) bits; the rest is its number of sectors.
const compressedOffset = (table: DataView, at: number, clusterBits: number): number =>
  (table.getUint32(at) & (2 ** (62 - (clusterBits - 8) - 32) - 1)) * 2 ** 32 + table.getUint32(at + 4)
