import { constants, inflateRawSync } from 'node:zlib'
import { run } from '../../host/process'
import { bigEndian } from '../headers/bytes'
import type { Qcow2 } from '../headers/qcow2'
import type { ReadAt } from '../headers/qcow2-truncated'

// Why something cannot be read: damage, or a form that is not known here. The boot goes on without it.
export class Unreadable extends Error {}

// Bits 9 to 55 of an entry are an offset; bit 62 says that the cluster is compressed, bit 0 that it reads as zeros.
const high = { offset: 0x00ffffff, compressed: 0x40000000 } as const
const low = { offset: 0xfffffe00, zeros: 1 } as const

interface Entry {
  readonly high: number
  readonly low: number
  readonly zeroed: number // of 32 subclusters; only with extended L2 entries
  readonly allocated: number
}

// What the guest sees of a qcow2 image, read by docs/interop/qcow2.txt of the QEMU sources. A table that leads out of the file ends as an
// error, one that leads back into the header as nonsense: entries are followed once for each read, so nothing can go round in circles.
export const qcow2Clusters = (image: Qcow2, readAt: ReadAt): ReadAt => {
  const { clusterBytes, virtualBytes, extendedL2 } = image
  const entryBytes = extendedL2 ? 16 : 8
  const entriesPerTable = clusterBytes / entryBytes
  const unpacked = keptClusters()

  const read = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = await readAt(offset, length)
    if (bytes.length < length) throw new Unreadable('it refers to data after its end')
    return bytes
  }
  const entryOf = async (cluster: number): Promise<Entry | undefined> => {
    const l1Index = Math.floor(cluster / entriesPerTable)
    if (l1Index >= image.l1Entries) throw new Unreadable('its tables end before its size')
    const l1 = bigEndian(await read(image.l1Offset + l1Index * 8, 8))
    const table = join(l1.u32(0) & high.offset, l1.u32(4) & low.offset)
    if (table === 0) return undefined
    const { u32 } = bigEndian(await read(table + (cluster % entriesPerTable) * entryBytes, entryBytes))
    return { high: u32(0), low: u32(4), zeroed: extendedL2 ? u32(8) : 0, allocated: extendedL2 ? u32(12) : 0xffffffff }
  }
  // A part of one cluster; of one subcluster where there are some.
  const readPart = async (offset: number, length: number): Promise<Buffer> => {
    const cluster = Math.floor(offset / clusterBytes)
    const within = offset % clusterBytes
    const known = unpacked.get(cluster)
    if (known !== undefined) return known.subarray(within, within + length)
    const entry = await entryOf(cluster)
    if (entry === undefined) return Buffer.alloc(length)
    if ((entry.high & high.compressed) !== 0) {
      const content = await unpack(entry)
      unpacked.set(cluster, content)
      return content.subarray(within, within + length)
    }
    const subcluster = 1 << Math.floor((within * 32) / clusterBytes)
    const nothing = extendedL2 ? (entry.zeroed & subcluster) !== 0 || (entry.allocated & subcluster) === 0 : (entry.low & low.zeros) !== 0
    const data = join(entry.high & high.offset, entry.low & low.offset)
    return nothing || data === 0 ? Buffer.alloc(length) : read(data + within, length)
  }
  // Of a compressed cluster the offset takes 62 - (cluster_bits - 8) bits, the rest is how many more sectors it touches.
  const unpack = async (entry: Entry): Promise<Buffer> => {
    const offsetBits = 62 - (image.clusterBits - 8)
    const offset = join(entry.high & (2 ** (offsetBits - 32) - 1), entry.low)
    const sectors = ((entry.high & 0x3fffffff) >>> (offsetBits - 32)) + 1
    const packed = await readAt(offset, sectors * 512 - (offset % 512)) // the last sector may end with the file
    try {
      const content = image.compression === 'zstd' ? await unzstd(packed, clusterBytes) : inflate(packed, clusterBytes)
      if (content.length === clusterBytes) return content
    } catch (error) {
      throw error instanceof Unreadable ? error : new Unreadable('a compressed cluster is damaged')
    }
    throw new Unreadable('a compressed cluster is damaged')
  }
  const partBytes = extendedL2 ? clusterBytes / 32 : clusterBytes
  return async (offset, length) => {
    const end = Math.min(offset + length, virtualBytes)
    const parts: Buffer[] = []
    for (let at = offset; at < end;) {
      const part = await readPart(at, Math.min(partBytes - (at % partBytes), end - at))
      parts.push(part)
      at += part.length
    }
    return Buffer.concat(parts)
  }
}

const keptBytes = 8 * 1024 * 1024 // four of the largest clusters

// Unpacked clusters: a program is started for each that is packed by zstd, and a file system is read to and fro.
const keptClusters = (): Pick<Map<number, Buffer>, 'get' | 'set'> => {
  const kept = new Map<number, Buffer>()
  return {
    get: (cluster) => kept.get(cluster),
    set: (cluster, content) => {
      const oldest = kept.keys().next().value
      if (oldest !== undefined && (kept.size + 1) * content.length > keptBytes) kept.delete(oldest)
      return kept.set(cluster, content)
    },
  }
}

const join = (upper: number, lower: number): number => (upper >>> 0) * 2 ** 32 + (lower >>> 0)

// What follows the data of a cluster is that of another: both readers stop where a cluster is full.
const inflate = (packed: Buffer, clusterBytes: number): Buffer =>
  inflateRawSync(packed, { maxOutputLength: clusterBytes, finishFlush: constants.Z_SYNC_FLUSH })

// Node's own zstd takes no data that goes on after a frame, and Node 20 has none.
const unzstd = async (packed: Buffer, clusterBytes: number): Promise<Buffer> => {
  const { stdout, missing } = await run({
    file: 'zstd',
    args: ['-d', '-c', '-q', '--memory=8MiB'], // four times the largest cluster
    input: packed,
    encoding: 'latin1',
    maxBytes: clusterBytes,
    timeoutMs: 10_000,
  })
  if (missing) throw new Unreadable('it is compressed with zstd, and the program zstd is not installed')
  return Buffer.from(stdout, 'latin1')
}
