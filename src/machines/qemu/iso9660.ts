// Writes a small ISO 9660 image with Rock Ridge names, in memory: the NoCloud seed needs no tool on the host.
// Layout and field names: ECMA-119; Rock Ridge 'NM' entries keep lower-case names for systems that do not map them.

const sectorBytes = 2048
const rootSector = 20
// As mkisofs pads: programs that probe for file systems read past the end of a smaller volume and give up.
const padSectors = 150

interface IsoFile {
  readonly name: string
  readonly content: Uint8Array
}

// label: the volume identifier, such as 'cidata'. Files lie in the root folder, each in its own sectors.
export const isoImage = (label: string, files: readonly IsoFile[], date = new Date()): Uint8Array => {
  const placed: { readonly name: string; readonly content: Uint8Array; readonly sector: number }[] = []
  let sector = rootSector + 1
  for (const { name, content } of files) {
    placed.push({ name, content, sector })
    sector += Math.max(1, Math.ceil(content.length / sectorBytes))
  }
  const image = Buffer.alloc((sector + padSectors) * sectorBytes)
  const stamp = recordDate(date)
  const self = record({ id: Buffer.from([0]), sector: rootSector, bytes: sectorBytes, folder: true, stamp, use: rockRidgeStart })
  const parent = record({ id: Buffer.from([1]), sector: rootSector, bytes: sectorBytes, folder: true, stamp, use: Buffer.alloc(0) })
  const entries = placed.map(({ name, content, sector: at }) =>
    record({ id: isoName(name), sector: at, bytes: content.length, folder: false, stamp, use: rockRidgeName(name) }),
  )
  const folder = Buffer.concat([self, parent, ...entries.sort((a, b) => Buffer.compare(a.subarray(33), b.subarray(33)))])
  if (folder.length > sectorBytes) throw new RangeError(`${files.length} files do not fit one folder sector`)
  folder.copy(image, rootSector * sectorBytes)
  for (const { content, sector: at } of placed) image.set(content, at * sectorBytes)

  volumeDescriptor(label, sector + padSectors, date).copy(image, 16 * sectorBytes)
  image.write('\xffCD001\x01', 17 * sectorBytes, 'latin1')
  pathTable('little').copy(image, 18 * sectorBytes)
  pathTable('big').copy(image, 19 * sectorBytes)
  return image
}

const volumeDescriptor = (label: string, sectors: number, date: Date): Buffer => {
  const field = Buffer.alloc(sectorBytes)
  field.write('\x01CD001\x01', 0, 'latin1')
  field.fill(' ', 8, 72)
  field.write('LINUX', 8, 'ascii')
  field.write(label, 40, 32, 'ascii')
  bothEndian32(sectors).copy(field, 80)
  for (const at of [120, 124]) bothEndian16(1).copy(field, at)
  bothEndian16(sectorBytes).copy(field, 128)
  bothEndian32(10).copy(field, 132) // bytes of the path table
  field.writeUInt32LE(18, 140)
  field.writeUInt32BE(19, 148)
  const root = { id: Buffer.from([0]), sector: rootSector, bytes: sectorBytes, folder: true, stamp: recordDate(date), use: Buffer.alloc(0) }
  record(root).copy(field, 156)
  field.fill(' ', 190, 813)
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 16)
  for (const at of [813, 830]) field.write(digits, at, 'ascii')
  for (const at of [847, 864]) field.fill('0', at, at + 16)
  field[881] = 1
  return field
}

const pathTable = (endian: 'little' | 'big'): Buffer => {
  const table = Buffer.alloc(10)
  table[0] = 1
  if (endian === 'little') {
    table.writeUInt32LE(rootSector, 2)
    table.writeUInt16LE(1, 6)
  } else {
    table.writeUInt32BE(rootSector, 2)
    table.writeUInt16BE(1, 6)
  }
  return table
}

interface FolderRecord {
  readonly id: Buffer
  readonly sector: number
  readonly bytes: number
  readonly folder: boolean
  readonly stamp: Buffer
  readonly use: Buffer // system use area: SUSP entries
}

const record = ({ id, sector, bytes, folder, stamp, use }: FolderRecord): Buffer => {
  const pad = id.length % 2 === 0 ? 1 : 0
  const length = 33 + id.length + pad + use.length
  const field = Buffer.alloc(length + (length % 2))
  field[0] = field.length
  bothEndian32(sector).copy(field, 2)
  bothEndian32(bytes).copy(field, 10)
  stamp.copy(field, 18)
  field[25] = folder ? 2 : 0
  bothEndian16(1).copy(field, 28)
  field[32] = id.length
  id.copy(field, 33)
  use.copy(field, 33 + id.length + pad)
  return field
}

const bothEndian32 = (value: number): Buffer => {
  const field = Buffer.alloc(8)
  field.writeUInt32LE(value, 0)
  field.writeUInt32BE(value, 4)
  return field
}

// Rock Ridge: 'SP' in the root's own entry says that names follow, 'PX' is mode, links, user and group, 'NM' the name.
const rockRidgeMode = (mode: number): Buffer =>
  Buffer.concat([Buffer.from([0x50, 0x58, 36, 1]), bothEndian32(mode), bothEndian32(1), bothEndian32(0), bothEndian32(0)])
const rockRidgeStart = Buffer.concat([Buffer.from([0x53, 0x50, 7, 1, 0xbe, 0xef, 0]), rockRidgeMode(0o040555)])
const rockRidgeName = (name: string): Buffer =>
  Buffer.concat([rockRidgeMode(0o100444), Buffer.from([0x4e, 0x4d, 5 + name.length, 1, 0]), Buffer.from(name, 'ascii')])

const isoName = (name: string): Buffer => Buffer.from(`${name.toUpperCase()};1`, 'ascii')

const recordDate = (date: Date): Buffer =>
  Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
  ])

const bothEndian16 = (value: number): Buffer => {
  const field = Buffer.alloc(4)
  field.writeUInt16LE(value, 0)
  field.writeUInt16BE(value, 2)
  return field
}
