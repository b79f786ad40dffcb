import { deflateSync } from 'node:zlib'

const sector = 512
const grain = 64 * 1024

// A VMDK of so many MiB whose tables name the same packed grain again and again: as large a disk as anybody likes, in a few KiB.
export const repeatingVmdk = (MiB: number): Buffer => {
  const sectors = MiB * 2048
  const tables = Math.ceil(sectors / 128 / 512)
  const descriptor = [
    '# Disk DescriptorFile',
    'version=1',
    'CID=3f7a1a66',
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    `RDONLY ${sectors} SPARSE "box.vmdk"`,
    'ddb.adapterType="ide"\n',
  ].join('\n')
  const directoryAt = 21
  const tableAt = directoryAt + Math.ceil((tables * 4) / sector)
  const grainAt = tableAt + 4
  const packed = deflateSync(Buffer.alloc(grain, 0x41), { level: 9 })
  const vmdk = Buffer.alloc((grainAt + Math.ceil((12 + packed.length) / sector)) * sector)
  vmdk.write('KDMV')
  vmdk.writeUInt32LE(3, 4)
  vmdk.writeUInt32LE(0x30001, 8)
  for (const [at, value] of [
    [12, sectors],
    [20, grain / sector],
    [28, 1],
    [36, 20],
    [56, directoryAt],
    [64, grainAt],
  ] as const)
    vmdk.writeBigUInt64LE(BigInt(value), at)
  vmdk.writeUInt32LE(512, 44)
  vmdk.write('\n \r\n', 73)
  vmdk.writeUInt16LE(1, 77)
  vmdk.write(descriptor, sector)
  for (let table = 0; table < tables; table += 1) vmdk.writeUInt32LE(tableAt, directoryAt * sector + table * 4)
  for (let entry = 0; entry < 512; entry += 1) vmdk.writeUInt32LE(grainAt, tableAt * sector + entry * 4)
  vmdk.writeUInt32LE(packed.length, grainAt * sector + 8)
  packed.copy(vmdk, grainAt * sector + 12)
  return vmdk
}
