import { formatBytes, printable } from '../../lib/shown'
import { bigEndian } from './bytes'
import { readExtensions } from './qcow2-extensions'
import { firstBroken, isRefusal, type Refusal, type HeaderRule } from './refusal'

// The fields of docs/interop/qcow2 in the QEMU sources, offsets and sizes in bytes.
export interface Qcow2 {
  readonly version: number
  readonly clusterBits: number
  readonly clusterBytes: number
  readonly virtualBytes: number
  readonly l1Entries: number
  readonly l1Offset: number
  readonly extendedL2: boolean
  readonly compression: 'deflate' | 'zstd'
  readonly dirty: boolean
}

interface Fields {
  readonly version: number
  readonly backing: string | undefined
  readonly clusterBits: number
  readonly clusterBytes: number
  readonly virtualBytes: number
  readonly encryption: number
  readonly l1Entries: number
  readonly l1Offset: number
  readonly l1Needed: number
  readonly refcountOffset: number
  readonly refcountBytes: number
  readonly snapshots: number
  readonly snapshotsOffset: number
  readonly features: number
  readonly unknownFeatures: boolean
  readonly refcountOrder: number
  readonly headerBytes: number
  readonly compression: number
  readonly fileBytes: number
  readonly maxVirtualBytes: number
}

const feature = { dirty: 1, corrupt: 2, dataFile: 4, compression: 8, extendedL2: 16 } as const
const has = ({ features }: Fields, bit: number): boolean => (features & bit) !== 0

const MiB = 1024 * 1024
const damaged = 'The file is damaged or was made to look like an image: make or fetch it again, and try qemu-img check on a copy.'
const truncated = 'The file is cut short: make or fetch it again.'
const standalone = 'An image must stand alone: qemu-img convert -O qcow2 IN OUT.qcow2 makes it so, on a machine that trusts it.'

// Aligned, and within the file.
const fits = ({ clusterBytes, fileBytes }: Fields, offset: number, bytes: number): boolean =>
  offset > 0 && offset % clusterBytes === 0 && offset + bytes <= fileBytes

// In this order: what makes the later fields readable, what would make QEMU open another file of this machine, what is no sound image.
const rules: readonly HeaderRule<Fields>[] = [
  {
    holds: ({ version }) => version === 2 || version === 3,
    refused: ({ version }) => `is qcow2 version ${version}; 2 and 3 are known`,
    hint: standalone,
  },
  {
    holds: ({ backing }) => backing === undefined,
    refused: ({ backing }) => `names a backing file ("${printable(backing ?? '')}"), which would be opened on this machine`,
    hint: standalone,
  },
  {
    holds: (fields) => !has(fields, feature.dataFile),
    refused: () => 'keeps its data in another file, which would be opened on this machine',
    hint: standalone,
  },
  {
    holds: ({ encryption }) => encryption === 0,
    refused: ({ encryption }) => `is encrypted (${encryption === 2 ? 'LUKS' : encryption === 1 ? 'AES' : `method ${encryption}`})`,
    hint: 'Give an image without encryption: its key is not known here.',
  },
  {
    holds: ({ unknownFeatures }) => !unknownFeatures,
    refused: () => 'needs features of qcow2 that are not known here',
    hint: standalone,
  },
  { holds: (fields) => !has(fields, feature.corrupt), refused: () => 'is marked as corrupt', hint: damaged },
  {
    holds: ({ clusterBits }) => clusterBits >= 9 && clusterBits <= 21,
    refused: ({ clusterBits }) => `has impossible clusters (cluster_bits ${clusterBits})`,
    hint: damaged,
  },
  {
    holds: ({ version, headerBytes, clusterBytes }) =>
      version === 2 || (headerBytes >= 104 && headerBytes <= clusterBytes && headerBytes % 8 === 0),
    refused: ({ headerBytes }) => `has an impossible header (${headerBytes} bytes)`,
    hint: damaged,
  },
  {
    holds: (fields) => fields.compression <= 1 && (fields.compression !== 0) === has(fields, feature.compression),
    refused: ({ compression }) => `has an impossible compression type (${compression})`,
    hint: damaged,
  },
  {
    holds: (fields) => !has(fields, feature.extendedL2) || fields.clusterBits >= 14,
    refused: () => 'has clusters too small for its subclusters',
    hint: damaged,
  },
  {
    holds: ({ virtualBytes }) => virtualBytes > 0,
    refused: () => 'is a disk of no size',
    hint: damaged,
  },
  {
    holds: ({ virtualBytes, maxVirtualBytes }) => virtualBytes <= maxVirtualBytes,
    refused: ({ virtualBytes, maxVirtualBytes }) =>
      `is a disk of ${formatBytes(virtualBytes)}; up to ${formatBytes(maxVirtualBytes)} are accepted`,
    hint: 'A cloud image has some GiB; machine.disk grows it for the test.',
  },
  { holds: ({ refcountOrder }) => refcountOrder <= 6, refused: () => 'has impossible reference counts', hint: damaged },
  {
    holds: ({ refcountBytes }) => refcountBytes > 0 && refcountBytes <= 8 * MiB, // QEMU's own limits, here and below
    refused: () => 'has an impossible table of reference counts',
    hint: damaged,
  },
  {
    holds: ({ l1Entries, l1Needed }) => l1Entries >= l1Needed && l1Entries * 8 <= 32 * MiB,
    refused: ({ l1Entries, l1Needed }) => `has an impossible L1 table (${l1Entries} entries where its size needs ${l1Needed})`,
    hint: damaged,
  },
  { holds: ({ snapshots }) => snapshots <= 65536, refused: ({ snapshots }) => `claims to hold ${snapshots} snapshots`, hint: damaged },
  {
    holds: (fields) => fits(fields, fields.refcountOffset, fields.refcountBytes),
    refused: ({ fileBytes }) => `ends after ${formatBytes(fileBytes)}, before its table of reference counts`,
    hint: truncated,
  },
  {
    holds: (fields) => fits(fields, fields.l1Offset, fields.l1Entries * 8),
    refused: ({ fileBytes }) => `ends after ${formatBytes(fileBytes)}, before the end of its L1 table`,
    hint: truncated,
  },
  {
    holds: (fields) => fields.snapshots === 0 || fits(fields, fields.snapshotsOffset, fields.snapshots * 40),
    refused: () => 'has its snapshots outside of the file',
    hint: truncated,
  },
]

export const isQcow2 = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === 0x514649fb

export interface Qcow2Limits {
  readonly fileBytes: number
  readonly maxVirtualBytes: number
}

// Reads a qcow2 header as a stranger's: what QEMU would follow to another file is refused, so is what it would fail on, or choke on.
// head: the first MiB of the file, or all of a smaller one.
export const readQcow2 = (head: Buffer, { fileBytes, maxVirtualBytes }: Qcow2Limits): Qcow2 | Refusal => {
  if (head.length < 72) return { refused: `ends within its header, after ${head.length} bytes`, hint: truncated }
  const { u8, u32, u64, text } = bigEndian(head)
  const version = u32(4)
  const clusterBits = u32(20)
  const clusterBytes = 2 ** clusterBits
  const backingOffset = u64(8)
  const headerBytes = version === 3 ? u32(100) : 72
  const features = version === 3 ? u32(76) : 0
  const extendedL2 = (features & feature.extendedL2) !== 0
  const virtualBytes = u64(24)
  const fields: Fields = {
    version,
    backing: backingOffset === 0 ? undefined : text(backingOffset, Math.min(u32(16), 1023)),
    clusterBits,
    clusterBytes,
    virtualBytes,
    encryption: u32(32),
    l1Entries: u32(36),
    l1Offset: u64(40),
    l1Needed: Math.ceil(virtualBytes / (clusterBytes * (clusterBytes / (extendedL2 ? 16 : 8)))),
    refcountOffset: u64(48),
    refcountBytes: u32(56) * clusterBytes,
    snapshots: u32(60),
    snapshotsOffset: u64(64),
    features,
    unknownFeatures: version === 3 && (u32(72) !== 0 || features >>> 5 !== 0),
    refcountOrder: version === 3 ? u32(96) : 4,
    headerBytes,
    compression: headerBytes > 104 ? u8(104) : 0,
    fileBytes,
    maxVirtualBytes,
  }
  const broken = firstBroken(rules, fields)
  if (broken !== undefined) return broken
  const extensions = readExtensions(head, { from: headerBytes, to: clusterBytes })
  if (isRefusal(extensions)) return extensions
  const { l1Entries, l1Offset } = fields
  return {
    version,
    clusterBits,
    clusterBytes,
    virtualBytes,
    l1Entries,
    l1Offset,
    extendedL2,
    compression: fields.compression === 1 ? 'zstd' : 'deflate',
    dirty: has(fields, feature.dirty),
  }
}
