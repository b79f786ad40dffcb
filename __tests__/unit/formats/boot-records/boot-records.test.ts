import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { bootRecords, readBootRecords } from '../../../../src/formats/boot-records'
import { openDiskFile } from '../../../../src/formats/disk-file'
import { folder, inFolder, qemuImg, rawDisk } from '../../../support/make'
import { makeDisk, type DiskParts } from './disks'

const records = async (path: string, format: 'raw' | 'qcow2' = 'raw') => {
  const file = await openDiskFile(path)
  return bootRecords({ path, file, format, virtualBytes: format === 'raw' ? file.bytes : 72 * 1024 * 1024 })
}

const grub = Buffer.concat([Buffer.from([0xeb, 0x63, 0x90]), Buffer.alloc(381), Buffer.from('GRUB \0Geom\0Hard Disk\0Read\0 Error')])
// What parted writes on every disk with a DOS label: it starts the active partition, whatever that holds.
const generic = Buffer.from('fab800108ed0bc00b0b800008ed88ec0fbbe007cbf0006b90002f3a4ea21060000bebe073804', 'hex')

describe('what a disk can be booted by', () => {
  const cases: readonly (readonly [string, DiskParts, Awaited<ReturnType<typeof records>>])[] = [
    ['GPT with an ESP alone', { esp: ['BOOTX64.EFI'] }, { bios: false, uefi: ['x86_64'], esp: true }],
    ['GPT with GRUB in the MBR, a BIOS boot partition and an ESP', { bootCode: grub, biosBoot: true, esp: ['BOOTX64.EFI', 'grubx64.efi'] }, { bios: true, uefi: ['x86_64'], esp: true }],
    ['GPT with a BIOS boot partition alone', { bootCode: grub, biosBoot: true }, { bios: true, uefi: [], esp: false }],
    ['an ESP for aarch64', { esp: ['BOOTAA64.EFI'] }, { bios: false, uefi: ['aarch64'], esp: true }],
    ['an ESP for both', { esp: ['bootaa64.efi', 'bootx64.efi'] }, { bios: false, uefi: ['x86_64', 'aarch64'], esp: true }],
    ['an ESP without a loader in EFI/BOOT', { esp: [] }, { bios: false, uefi: [], esp: true }],
    ['a DOS label with GRUB', { label: 'dos', bootCode: grub }, { bios: true, uefi: [], esp: false }],
    ['a DOS label with an ESP', { label: 'dos', esp: ['BOOTX64.EFI'] }, { bios: false, uefi: ['x86_64'], esp: true }],
    ['generic boot code and no active partition', { label: 'dos', bootCode: generic, esp: ['BOOTAA64.EFI'] }, { bios: false, uefi: ['aarch64'], esp: true }],
    ['generic boot code and an active partition with nothing to start', { label: 'dos', bootCode: generic, active: true }, { bios: false, uefi: [], esp: false }],
    ['FAT12', { esp: ['BOOTX64.EFI'], fat: ['-c', '64'] }, { bios: false, uefi: ['x86_64'], esp: true }],
    ['FAT32', { esp: ['BOOTX64.EFI'], fat: ['-F', '-c', '1'] }, { bios: false, uefi: ['x86_64'], esp: true }],
  ] // prettier-ignore
  it.each(cases)('%s', async (_name, parts, expected) => {
    expect(await records(makeDisk(parts))).toEqual(expected)
  })

  it('an active partition that starts something', async () => {
    const path = makeDisk({ label: 'dos', bootCode: generic, active: true })
    const fd = openSync(path, 'r+')
    const sector = Buffer.alloc(512, 0x90)
    sector.writeUInt16LE(0xaa55, 510)
    writeSync(fd, sector, 0, 512, 1024 * 1024)
    closeSync(fd)
    expect(await records(path)).toMatchObject({ bios: true })
  })

  it('nothing, where there is nothing', async () => {
    expect(await records(inFolder('blank.raw', Buffer.alloc(1024 * 1024)))).toEqual({ bios: false, uefi: [], esp: false })
    expect(await records(inFolder('short.raw', Buffer.alloc(100)))).toEqual({ bios: false, uefi: [], esp: false })
    expect(await records(inFolder('noise.raw', rawDisk()))).toMatchObject({ uefi: [], esp: false })
  })
})

const forms: readonly (readonly string[])[] = [
  [],
  ['-o', 'compat=0.10'],
  ['-o', 'cluster_size=512'],
  ['-o', 'cluster_size=2M'],
  ['-o', 'extended_l2=on,cluster_size=128k'],
  ['-c'],
  ['-c', '-o', 'cluster_size=4k'],
  ['-c', '-o', 'compression_type=zstd'],
]

const MiB = 1024 * 1024

// What it takes to find out: reads of the file, their bytes, and starts of zstd.
const counted = async (path: string) => {
  const bin = folder()
  const zstd = execFileSync('sh', ['-c', 'command -v zstd'], { encoding: 'utf8' }).trim()
  writeFileSync(`${bin}/zstd`, `#!/bin/sh\necho >>${bin}/starts\nexec ${zstd} "$@"\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
  const file = await openDiskFile(path)
  let [reads, bytes] = [0, 0]
  const readAt = (offset: number, length: number): Promise<Buffer> => {
    reads += 1
    bytes += length
    return file.readAt(offset, length)
  }
  try {
    const found = await readBootRecords({ bytes: file.bytes, readAt }, { format: 'qcow2', virtualBytes: 72 * MiB })
    return { found, reads, bytes, unpackers: existsSync(`${bin}/starts`) ? statSync(`${bin}/starts`).size : 0 }
  } finally {
    vi.unstubAllEnvs()
  }
}

describe('through a qcow2 image', () => {
  it.each(forms.map((options) => [options.join(' ') || 'as it is made', options] as const))('%s', async (_name, options) => {
    const dir = folder()
    const raw = makeDisk({ bootCode: grub, esp: ['BOOTX64.EFI', 'BOOTAA64.EFI'] }, dir)
    const path = `${dir}/disk.qcow2`
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, path)
    const before = readFileSync(path)
    const { found, reads, bytes, unpackers } = await counted(path)
    expect(found).toEqual({ bios: true, uefi: ['x86_64', 'aarch64'], esp: true })
    expect(reads).toBeLessThan(250)
    expect(bytes).toBeLessThan(1.25 * MiB) // of which one is the head of the file
    expect(unpackers).toBeLessThanOrEqual(options.includes('compression_type=zstd') ? 4 : 0)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('opens no other file: a header that names one is not followed', async () => {
    const dir = folder()
    const raw = makeDisk({ esp: ['BOOTX64.EFI'] }, dir)
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', `${dir}/overlay.qcow2`])
    expect(await records(`${dir}/overlay.qcow2`, 'qcow2')).toMatchObject({
      uefi: [],
      unread: expect.stringContaining('backing file') as string,
    })
  })
})

it('tells a disk that was partitioned for sectors of 4096 bytes, and finds its loader', async () => {
  const path = makeDisk({ esp: ['BOOTX64.EFI'], bootCode: grub, sectorBytes: 4096 })
  expect(await records(path)).toEqual({ bios: false, uefi: ['x86_64'], esp: true, sectorBytes: 4096 })
})
