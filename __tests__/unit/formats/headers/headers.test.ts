import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { weigh } from '../../../support/processor-time'
import { readVmdk } from '../../../../src/formats/headers/vmdk'
import { defaultLimits } from '../../../../src/images/limits'
import { folder, has, inFolder, obtain, obtaining, qcow2, qemuImg, rawDisk, type Qcow2Parts } from '../../../support/make'

const MiB = 1024 * 1024
const refusal = (source: string, request = {}) => expect(obtain(source, { request })).rejects

describe.skipIf(!has('qemu-img'))('what qemu-img makes', () => {
  it.each([
    ['plain', ['-f', 'qcow2'], 16],
    ['version 2', ['-f', 'qcow2', '-o', 'compat=0.10'], 16],
    ['zstd', ['-f', 'qcow2', '-o', 'compression_type=zstd'], 16],
    ['extended L2', ['-f', 'qcow2', '-o', 'extended_l2=on'], 16],
    ['lazy reference counts', ['-f', 'qcow2', '-o', 'lazy_refcounts=on'], 16],
    ['one-bit reference counts', ['-f', 'qcow2', '-o', 'refcount_bits=1'], 16],
    ['clusters of 512 bytes', ['-f', 'qcow2', '-o', 'cluster_size=512'], 16],
    ['clusters of 64k', ['-f', 'qcow2', '-o', 'cluster_size=64k'], 10 * 1024],
    ['clusters of 2M', ['-f', 'qcow2', '-o', 'cluster_size=2M'], 5 * 1024],
    ['preallocated metadata', ['-f', 'qcow2', '-o', 'preallocation=metadata'], 64],
    ['preallocated with falloc', ['-f', 'qcow2', '-o', 'preallocation=falloc'], 16],
    ['preallocated in full', ['-f', 'qcow2', '-o', 'preallocation=full'], 16],
    ['a terabyte', ['-f', 'qcow2'], MiB],
  ])('is accepted: %s', async (_name, args, sizeMiB) => {
    const path = join(folder(), 'disk.qcow2')
    qemuImg('create', '-q', ...args, path, `${sizeMiB}M`)
    const { disks } = await obtain(path)
    expect(disks).toMatchObject([{ path, format: 'qcow2', virtualBytes: sizeMiB * MiB }])
  })

  it.each([
    ['plain', []],
    ['compressed', ['-c']],
    ['compressed with zstd', ['-c', '-o', 'compression_type=zstd']],
    ['compressed in clusters of 2M', ['-c', '-o', 'cluster_size=2M']],
    ['compressed in version 2', ['-c', '-o', 'compat=0.10']],
    ['extended L2', ['-o', 'extended_l2=on,cluster_size=128k']],
  ])('is accepted when converted from a disk, and refused when cut short: %s', async (_name, args) => {
    const dir = folder()
    const path = join(dir, 'disk.qcow2')
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...args, inFolder('disk.raw', rawDisk(8 * MiB), dir), path)
    expect((await obtain(path)).disks).toMatchObject([{ path, format: 'qcow2', virtualBytes: 8 * MiB }])
    truncateSync(path, Math.floor(statSync(path).size / 2))
    await refusal(path).toThrow(/^.*disk.qcow2 ends after [\d.]+ [KM]iB, (though it refers to data after that|before)/)
  })

  it('is accepted with a snapshot inside', async () => {
    const path = join(folder(), 'disk.qcow2')
    qemuImg('create', '-q', '-f', 'qcow2', path, '16M')
    qemuImg('snapshot', '-c', 'before', path)
    expect((await obtain(path)).disks[0]?.format).toBe('qcow2')
  })

  it('is refused when it leads to another file', async () => {
    const dir = folder()
    const at = (name: string): string => join(dir, name)
    inFolder('base.raw', rawDisk(), dir)
    qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', at('over.qcow2'))
    qemuImg('create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', at('passwd.qcow2'), '16M')
    const json = 'json:{"driver":"raw","file":{"driver":"file","filename":"/etc/hostname"}}'
    qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', json, '-F', 'raw', at('json.qcow2'), '16M')
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${at('data.raw')},data_file_raw=on`, at('data.qcow2'), '64K')
    await refusal(at('over.qcow2')).toThrow('names a backing file ("base.raw"), which would be opened on this machine')
    await refusal(at('passwd.qcow2')).toThrow('names a backing file ("/etc/passwd")')
    await refusal(at('json.qcow2')).toThrow('names a backing file ("json:{"driver":"raw"')
    await refusal(at('data.qcow2')).toThrow('keeps its data in another file')
  })

  it.each([
    ['qcow', 'a qcow image of version 1'],
    ['qed', 'a QED image'],
    ['vhdx', 'a VHDX image'],
    ['vpc', 'a dynamic VHD image'],
    ['vdi', 'a VirtualBox VDI image'],
    ['parallels', 'a Parallels image'],
  ])('is named when it is %s', async (format, name) => {
    const path = join(folder(), 'disk.img')
    qemuImg('create', '-q', '-f', format, path, '16M')
    await refusal(path).toThrow(`is ${name}`)
    await refusal(path).toMatchObject({ hint: expect.stringContaining('on a machine that trusts it') as string })
    await refusal(path, { format: 'raw' }).toThrow(`is ${name}`)
  })

  it('is a VMDK that is read, but not booted', async () => {
    const dir = folder()
    for (const format of ['monolithicSparse', 'streamOptimized']) {
      const path = join(dir, `${format}.vmdk`)
      qemuImg('create', '-q', '-f', 'vmdk', '-o', `subformat=${format}`, path, '1M')
      await refusal(path).toThrow(`is a VMDK image (${format}, 1 MiB), which is not booted directly`)
    }
    qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', join(dir, 'flat.vmdk'), '1M')
    await refusal(join(dir, 'flat.vmdk')).toMatchObject({
      message: expect.stringContaining('is a VMDK descriptor, which names its disks in other files') as string,
      hint: 'Convert it first, on a machine that trusts it: qemu-img convert -O qcow2 IN OUT.qcow2',
    })
  })

  it('is a fixed VHD, which is raw when the user says so', async () => {
    const dir = folder()
    const path = join(dir, 'disk.vhd')
    const disk = inFolder('disk.raw', rawDisk(), dir)
    qemuImg('convert', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed,force_size=on', disk, path)
    await refusal(path).toThrow('is a fixed VHD image')
    expect((await obtain(path, { request: { format: 'raw' } })).disks[0]?.format).toBe('raw')
  })
})

describe('a qcow2 header written by hand', () => {
  it('is accepted when it is sound', async () => {
    const path = inFolder('disk.qcow2', qcow2())
    if (has('qemu-img')) expect(qemuImg('info', '-f', 'qcow2', path)).toContain('virtual size: 16 MiB')
    expect((await obtain(path)).disks).toMatchObject([{ path, format: 'qcow2', virtualBytes: 16 * MiB }])
  })

  const hostile: readonly (readonly [string, Qcow2Parts, string])[] = [
    ['a backing file', { backing: '/etc/shadow' }, 'names a backing file ("/etc/shadow")'],
    ['a backing file that breaks lines', { backing: 'a\n::error::b' }, 'names a backing file ("a?::error::b")'],
    ['a backing file in version 2', { version: 2, backing: 'x' }, 'names a backing file'],
    ['a data file by its bit', { incompatible: 4n }, 'keeps its data in another file'],
    ['a data file by its name', { extensions: [{ type: 0x44415441, data: '/etc/passwd' }] }, 'names an external data file ("/etc/passwd")'],
    ['a backing format', { extensions: [{ type: 0xe2792aca, data: 'raw' }] }, 'names the format of a backing file'],
    ['a LUKS header', { extensions: [{ type: 0x0537be77, data: '0123456789abcdef' }] }, 'has an encryption header'],
    [
      'an extension behind another',
      {
        extensions: [
          { type: 0x6803f857, data: 'names' },
          { type: 0x44415441, data: 'x' },
        ],
      },
      'names an external data file',
    ],
    ['an extension without an end', { extensions: [{ type: 0x6803f857, data: 'x', claims: 0xfffffff0 }] }, 'longer than its header'],
    ['AES', { encryption: 1 }, 'is encrypted (AES)'],
    ['LUKS', { encryption: 2 }, 'is encrypted (LUKS)'],
    ['an unknown feature', { incompatible: 32n }, 'needs features'],
    ['an unknown feature far up', { incompatible: 1n << 63n }, 'needs features'],
    ['the corrupt bit', { incompatible: 2n }, 'is marked as corrupt'],
    ['version 4', { version: 4 }, 'is qcow2 version 4'],
    ['cluster_bits 8', { clusterBits: 8 }, 'impossible clusters (cluster_bits 8)'],
    ['cluster_bits 22', { clusterBits: 22 }, 'impossible clusters'],
    ['cluster_bits 4294967295', { clusterBits: 0xffffffff }, 'impossible clusters'],
    ['clusters too small for subclusters', { incompatible: 16n, clusterBits: 13 }, 'has clusters too small for its subclusters'],
    ['a short header', { headerBytes: 96 }, 'impossible header (96 bytes)'],
    ['a header longer than its cluster', { headerBytes: 0x20000 }, 'impossible header'],
    ['compression type 2', { compression: 2, incompatible: 8n }, 'impossible compression type'],
    ['zstd without its bit', { compression: 1 }, 'impossible compression type'],
    ['no size', { virtualBytes: 0 }, 'is a disk of no size'],
    ['8 EiB', { virtualBytes: 2 ** 62, l1Entries: 100 }, 'is a disk of 4096 PiB; up to 2 TiB are accepted'],
    ['a small L1 table', { virtualBytes: 2 ** 40, l1Entries: 1 }, 'impossible L1 table'],
    ['a huge L1 table', { l1Entries: 0xffffffff }, 'impossible L1 table'],
    ['an L1 table far out', { l1Offset: 2 ** 40 }, 'before the end of its L1 table'],
    ['an L1 table off its cluster', { l1Offset: 3 * 65536 + 8 }, 'before the end of its L1 table'],
    ['no L1 table', { l1Offset: 0 }, 'before the end of its L1 table'],
    ['a refcount table far out', { refcountOffset: 2 ** 50 }, 'before its table of reference counts'],
    ['a huge refcount table', { refcountClusters: 0xffffffff }, 'impossible table of reference counts'],
    ['no refcount table', { refcountClusters: 0 }, 'impossible table of reference counts'],
    ['refcount_order 7', { refcountOrder: 7 }, 'impossible reference counts'],
    ['65537 snapshots', { snapshots: 65537 }, 'claims to hold 65537 snapshots'],
    ['snapshots outside of the file', { snapshots: 1000, snapshotsOffset: 2 ** 30 }, 'snapshots outside of the file'],
  ]
  it.each(hostile)('is refused with %s', async (_name, parts, message) => {
    const error = await obtain(inFolder('disk.qcow2', qcow2(parts))).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ outcome: 'image-error', message: expect.stringContaining(message) as string })
    expect(String(error)).not.toMatch(/\n/)
  })

  it('is accepted with a warning when it was not closed properly', async () => {
    const { disks, warnings } = obtaining(inFolder('disk.qcow2', qcow2({ incompatible: 1n })))
    expect((await disks).disks[0]?.format).toBe('qcow2')
    expect(warnings).toEqual([expect.stringContaining('was not closed properly')])
  })

  it.each([0, 3, 4, 71])('is refused when it ends after %i bytes', async (bytes) => {
    await refusal(inFolder('disk.qcow2', qcow2().subarray(0, bytes))).toThrow(/is empty|ends within its header|is a text file/)
  })
})

describe('a raw disk', () => {
  it('needs a boot sector, or format: raw', async () => {
    const path = inFolder('disk.raw', rawDisk())
    expect((await obtain(path)).disks).toMatchObject([{ path, format: 'raw', virtualBytes: 4 * MiB }])
    const blank = inFolder('blank.raw', Buffer.alloc(MiB))
    await refusal(blank).toThrow('begins with nothing but zeros')
    await expect(obtain(blank)).rejects.toMatchObject({ hint: expect.stringContaining('format: raw') as string })
    expect((await obtain(blank, { request: { format: 'raw' } })).disks[0]?.format).toBe('raw')
  })

  it('may be as large as the largest disk, and no larger', async () => {
    const source = inFolder('disk.raw', rawDisk(4 * MiB))
    expect((await obtain(source, { limits: { virtualBytes: 4 * MiB } })).disks[0]?.virtualBytes).toBe(4 * MiB)
    await expect(obtain(source, { limits: { virtualBytes: 4 * MiB - 512 } })).rejects.toThrow('is a disk of 4 MiB')
    expect(defaultLimits.virtualBytes).toBe(2 * MiB * MiB)
  })

  it('may have any size, with a note', async () => {
    const { disks, warnings } = obtaining(inFolder('disk.raw', rawDisk(MiB + 100)))
    expect((await disks).disks[0]?.virtualBytes).toBe(MiB + 100)
    expect(warnings).toEqual([expect.stringContaining('the last 100 bytes do not exist for the guest')])
  })

  it('is not taken for one when it is a qcow2 image, nor the other way round', async () => {
    await refusal(inFolder('disk.qcow2', qcow2()), { format: 'raw' }).toThrow('is said to be raw, but is a qcow2 image')
    await refusal(inFolder('disk.raw', rawDisk()), { format: 'qcow2' }).toThrow('is said to be qcow2, but has no qcow2 header')
    await refusal(inFolder('disk.raw', rawDisk()), { format: 'vmdk' }).toThrow('images of format "vmdk" are not supported')
  })
})

describe('what is no disk', () => {
  const padded = (text: string, at = 0): Buffer => Buffer.concat([Buffer.alloc(at), Buffer.from(text, 'latin1'), Buffer.alloc(70_000)])
  it.each([
    ['<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'is an HTML page, not a disk image'],
    ['\n \n<html lang="en">', 'is an HTML page, not a disk image'],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'is an XML document'],
    ['{"message": "Not Found"}', 'is a JSON document'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', 'is a Git LFS pointer'],
    ['hello\n', 'is a text file'],
    ['', 'is empty'],
  ])('%j', async (text, message) => {
    await refusal(inFolder('disk.qcow2', text)).toThrow(message)
  })

  it.each([
    [padded('CD001', 0x8001), 'an ISO 9660 image'],
    [padded('LUKS\xba\xbe'), 'encrypted with LUKS'],
    [padded('PK\x03\x04'), 'a zip archive'],
    [padded('ustar\0', 257), 'a tar archive'],
    [padded('hsqs'), 'a squashfs file system'],
    [padded('HdrS', 0x202), 'a Linux kernel'],
    [padded('\x53\xef', 0x438), 'a file system (ext2, ext3 or ext4) without a partition table'],
    [readFileSync('/bin/sh'), 'a program (ELF)'],
  ])('as bytes: %#', async (bytes, message) => {
    await refusal(inFolder('disk.raw', bytes)).toThrow(`is ${message}`)
  })

  it('may be an ISO 9660 image after all when the user says raw', async () => {
    const path = inFolder('hybrid.iso', padded('CD001', 0x8001))
    expect((await obtain(path, { request: { format: 'raw' } })).disks[0]?.format).toBe('raw')
  })
})

// The header of a VMDK of a MiB, and the descriptor behind it.
const vmdkHead = (head: Buffer, version: number, descriptor: string): void => {
  head.write('KDMV')
  head.writeUInt32LE(version, 4)
  head.writeBigUInt64LE(2048n, 12)
  head.writeBigUInt64LE(128n, 20)
  head.writeBigUInt64LE(1n, 28)
  head.writeBigUInt64LE(20n, 36)
  head.writeUInt32LE(512, 44)
  head.write('\n \r\n', 73)
  head.write(descriptor, 512)
}

describe('a VMDK', () => {
  const vmdk = (change: (text: string) => string, header: (bytes: Buffer) => void = () => undefined): string => {
    const bytes = Buffer.alloc(128 * 1024)
    bytes.writeUInt32LE(3, 8)
    const text =
      '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\n\nRW 2048 SPARSE "disk.vmdk"\nddb.adapterType = "ide"\n'
    vmdkHead(bytes, 1, change(text))
    header(bytes)
    return inFolder('disk.vmdk', bytes)
  }
  const edit = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to)
  it.each([
    ['a sound one', edit('x', 'x'), 'which is not booted directly'],
    ['an extent on this machine', edit('SPARSE "disk.vmdk"', 'FLAT "/etc/passwd" 0'), 'data is in another file ("/etc/passwd")'],
    ['an extent elsewhere', edit('disk.vmdk', '../disk.vmdk'), 'data is in another file ("../disk.vmdk")'],
    ['two extents', edit('ddb.', 'RW 1 SPARSE "b.vmdk"\nddb.'), 'is a VMDK of 2 extents'],
    ['no extent', edit(/RW .*\n/, ''), 'is a VMDK of 0 extents'],
    ['a parent', edit('CID=1', 'CID=1\nparentFileNameHint="/etc/passwd"'), 'names a parent disk ("/etc/passwd")'],
    ['a parent in a comment', edit('CID=1', 'CID=1\n# parentFileNameHint="x"'), 'names a parent disk'],
    ['a parent by its CID', edit('ffffffff', '12345678'), 'needs a parent disk'],
    ['another type', edit('monolithicSparse', 'vmfs'), 'is a VMDK of type "vmfs"'],
    ['two types', edit('CID=1', '# createType="vmfs"\nCID=1'), 'contradicts itself'],
    ['a strange line', edit('CID=1', 'CID=1\nwhatever'), 'a line that is not known ("whatever")'],
    ['no descriptor', () => '', 'has no VMDK descriptor'],
  ])('with %s', async (_name, change, message) => {
    await refusal(vmdk(change)).toThrow(message)
  })
  it.each([
    ['version 9', (bytes: Buffer) => bytes.writeUInt32LE(9, 4), 'is VMDK version 9'],
    ['text mode', (bytes: Buffer) => bytes.write('\n \n\n', 73), 'text-mode transfer'],
    ['an exabyte', (bytes: Buffer) => bytes.writeBigUInt64LE(2n ** 60n, 12), 'is a VMDK disk of'],
    ['odd grains', (bytes: Buffer) => bytes.writeBigUInt64LE(100n, 20), 'impossible VMDK tables'],
    ['another compression', (bytes: Buffer) => bytes.writeUInt16LE(2, 77), 'has an unknown VMDK compression'],
    ['its descriptor far out', (bytes: Buffer) => bytes.writeBigUInt64LE(2n ** 40n, 28), 'where it does not belong'],
    ['another footer', (bytes: Buffer) => bytes.fill(0xff, 56, 64), 'footer differs from its header'],
    [
      'a shorter descriptor than QEMU reads',
      (bytes: Buffer) => {
        bytes.writeBigUInt64LE(1n, 36)
        bytes.write('parentFileNameHint="/etc/passwd"', 512 * 3)
      },
      'names a parent disk ("/etc/passwd")',
    ],
  ])('with a header that says %s', async (_name, header, message) => {
    await refusal(vmdk((text) => text, header)).toThrow(message)
  })
})

it.each([
  ['streamOptimized', 0],
  ['monolithicSparse', 0xff],
])('a VMDK (%s) whose footer lies in the middle of a sector is refused', (createType, tables) => {
  const head = Buffer.alloc(64 * 1024)
  head.fill(tables, 56, 64)
  const extent = 'RW 2048 SPARSE "disk.vmdk"'
  vmdkHead(head, 3, `# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\ncreateType="${createType}"\n${extent}\n`)
  const tail = Buffer.concat([head.subarray(0, 512), Buffer.alloc(512)])
  const read = (fileBytes: number) => readVmdk(head, tail, { fileBytes, maxVirtualBytes: 2 ** 41 })
  expect(read(128 * 1024)).toEqual({ createType, virtualBytes: 1024 * 1024 })
  expect(read(128 * 1024 + 100)).toMatchObject({ refused: 'is a VMDK cut short after 131172 bytes, in the middle of a sector' })
})

it('takes no longer than a moment, whatever the size', async () => {
  const path = join(folder(), 'disk.qcow2')
  writeFileSync(path, qcow2({ virtualBytes: 2 ** 40, l1Entries: 2048 }))
  truncateSync(path, 2 ** 40)
  const { inspect } = await import('../../../../src/formats/inspect')
  const { openDiskFile } = await import('../../../../src/formats/disk-file')
  const file = await openDiskFile(path)
  const options = { shown: 'x', format: undefined, maxVirtualBytes: 2 ** 41, warn: () => undefined }
  let bestMs = Infinity // compiling it takes longer
  for (let turn = 0; turn < 5; turn += 1) bestMs = Math.min(bestMs, (await weigh(() => inspect(file, options))).ms)
  expect(bestMs).toBeLessThan(50)
})
