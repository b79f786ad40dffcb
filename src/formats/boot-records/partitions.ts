import { littleEndian } from '../headers/bytes'
import type { ReadAt } from '../headers/qcow2-truncated'

export interface Partition {
  readonly type: 'esp' | 'bios-boot' | 'other'
  readonly active: boolean // DOS's mark of the partition to boot from
  readonly offset: number // bytes from the start of the disk
  readonly bytes: number
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'dos' | 'none'
  readonly sectorBytes: number
  readonly partitions: readonly Partition[]
}

// The first three fields of a GUID lie in little-endian order.
const gptTypes: ReadonlyMap<string, Partition['type']> = new Map([
  ['28732ac11ff8d211ba4b00a0c93ec93b', 'esp'],
  ['4861682149646f6e744e656564454649', 'bios-boot'], // 'Hah!IdontNeedEFI'
])
const protective = 0xee
const espType = 0xef
const gptEntries = 128 // as every tool makes them; more than that are not looked at

// Reads the partition table, GPT where a protective entry says so: its header is in the second sector, which tells how large they are.
// mbr: the first 512 bytes.
export const readPartitions = async (mbr: Buffer, readAt: ReadAt): Promise<PartitionTable> => {
  const sectorBytes = 512
  const { u8, u16, u32 } = littleEndian(mbr)
  if (u16(510) !== 0xaa55) return { kind: 'none', sectorBytes, partitions: [] }
  const dos = [446, 462, 478, 494]
    .map((at) => ({ active: u8(at) === 0x80, type: u8(at + 4), offset: u32(at + 8) * sectorBytes, bytes: u32(at + 12) * sectorBytes }))
    .filter(({ type, bytes }) => type !== 0 && bytes > 0)
  if (dos.some(({ type }) => type === protective)) {
    for (const sectorBytes of [512, 4096]) {
      const gpt = await readGpt(readAt, sectorBytes)
      if (gpt !== undefined) return { kind: 'gpt', sectorBytes, partitions: gpt }
    }
  }
  return { kind: 'dos', sectorBytes, partitions: dos.map(({ type, ...place }) => ({ ...place, type: type === espType ? 'esp' : 'other' })) }
}

const readGpt = async (readAt: ReadAt, sectorBytes: number): Promise<readonly Partition[] | undefined> => {
  const header = littleEndian(await readAt(sectorBytes, 92))
  if (header.text(0, 8) !== 'EFI PART') return undefined
  const entryBytes = header.u32(84)
  if (entryBytes < 128 || entryBytes > 4096) return undefined
  const table = await readAt(header.u64(72) * sectorBytes, Math.min(header.u32(80), gptEntries) * entryBytes)
  const { u64, text } = littleEndian(table)
  const partitions: Partition[] = []
  for (let at = 0; at + 128 <= table.length; at += entryBytes) {
    const guid = Buffer.from(text(at, 16), 'latin1').toString('hex')
    const [first, last] = [u64(at + 32), u64(at + 40)]
    if (/^0+$/.test(guid) || last < first) continue
    const place = { offset: first * sectorBytes, bytes: (last - first + 1) * sectorBytes }
    partitions.push({ ...place, type: gptTypes.get(guid) ?? 'other', active: false })
  }
  return partitions
}
