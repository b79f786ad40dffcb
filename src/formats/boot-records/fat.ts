import { littleEndian } from '../headers/bytes'
import type { ReadAt } from '../headers/qcow2-truncated'

// A folder of a boot partition has a few entries; one that is longer is not read to its end.
const folderClusters = 32
const folderBytes = 64 * 1024
const entryBytes = 32
const folderAttribute = 0x10

interface Volume {
  readonly clusterBytes: number
  readonly clusterOffset: (cluster: number) => number
  readonly next: (cluster: number) => Promise<number | undefined>
  readonly root: () => Promise<Buffer>
}

// The names in a folder of a FAT file system, in upper case as they are stored: 'BOOTX64.EFI'. Undefined when there is no such file system
// or no such folder. readAt: from the start of the partition.
export const namesInFat = async (readAt: ReadAt, path: readonly string[]): Promise<readonly string[] | undefined> => {
  const volume = await openVolume(readAt)
  let folder = await volume?.root()
  for (const name of path) {
    const found = folder && entriesOf(folder).find((entry) => entry.isFolder && entry.name === name)
    if (volume === undefined || found === undefined) return undefined
    folder = await readChain(volume, found.cluster, readAt)
  }
  return folder && entriesOf(folder).map(({ name }) => name)
}

// Microsoft's FAT specification, 1.03: the boot sector, and which of the three kinds it is by the number of clusters.
const openVolume = async (readAt: ReadAt): Promise<Volume | undefined> => {
  const boot = await readAt(0, 512)
  const { u8, u16, u32 } = littleEndian(boot)
  const sectorBytes = u16(11)
  const clusterSectors = u8(13)
  const reserved = u16(14)
  const fats = u8(16)
  const rootEntries = u16(17)
  const sectors = u16(19) || u32(32)
  const fatSectors = u16(22) || u32(36)
  const isPower = (value: number): boolean => value > 0 && (value & (value - 1)) === 0
  const sound = sectorBytes >= 512 && sectorBytes <= 4096 && isPower(sectorBytes) && isPower(clusterSectors) && reserved > 0 && fats > 0
  if (boot.length < 512 || u16(510) !== 0xaa55 || !sound || fatSectors === 0) return undefined
  const rootSectors = Math.ceil((rootEntries * entryBytes) / sectorBytes)
  const dataSector = reserved + fats * fatSectors + rootSectors
  const clusters = Math.floor((sectors - dataSector) / clusterSectors)
  if (clusters < 1) return undefined
  const bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32
  const clusterBytes = clusterSectors * sectorBytes
  const volume = {
    clusterBytes,
    clusterOffset: (cluster: number) => dataSector * sectorBytes + (cluster - 2) * clusterBytes,
    next: async (cluster: number) => {
      const at = reserved * sectorBytes + Math.floor((cluster * bits) / 8)
      const field = littleEndian(await readAt(at, 4))
      const value = bits === 32 ? field.u32(0) & 0x0fffffff : bits === 16 ? field.u16(0) : (field.u16(0) >> ((cluster % 2) * 4)) & 0xfff
      return value >= 2 && value < clusters + 2 ? value : undefined
    },
  }
  return {
    ...volume,
    root: () =>
      bits === 32
        ? readChain(volume, u32(44), readAt)
        : readAt((reserved + fats * fatSectors) * sectorBytes, Math.min(rootEntries * entryBytes, folderBytes)),
  }
}

const readChain = async (volume: Omit<Volume, 'root'>, first: number, readAt: ReadAt): Promise<Buffer> => {
  const parts: Buffer[] = []
  let left = folderBytes
  let cluster: number | undefined = first >= 2 ? first : undefined
  for (let count = 0; cluster !== undefined && count < folderClusters && left > 0; count += 1) {
    const part = await readAt(volume.clusterOffset(cluster), Math.min(volume.clusterBytes, left))
    parts.push(part)
    left -= part.length
    cluster = await volume.next(cluster)
  }
  return Buffer.concat(parts)
}

interface FolderEntry {
  readonly name: string
  readonly isFolder: boolean
  readonly cluster: number
}

const entriesOf = (folder: Buffer): readonly FolderEntry[] => {
  const { u8, u16, text } = littleEndian(folder)
  const entries: FolderEntry[] = []
  for (let at = 0; at + entryBytes <= folder.length && u8(at) !== 0; at += entryBytes) {
    const attributes = u8(at + 11)
    if (u8(at) === 0xe5 || (attributes & 0x08) !== 0) continue // deleted; a label, or a part of a long name
    const extension = text(at + 8, 3).trimEnd()
    entries.push({
      name: `${text(at, 8).trimEnd()}${extension === '' ? '' : `.${extension}`}`.toUpperCase(),
      isFolder: (attributes & folderAttribute) !== 0,
      cluster: u16(at + 20) * 65536 + u16(at + 26),
    })
  }
  return entries
}
