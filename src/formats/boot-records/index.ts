// What a disk can be booted by, read from the disk itself: nothing is mounted, and no other program opens it.
import type { Architecture } from '../../lib/architecture'
import type { Disk } from '../disk'
import type { DiskFile } from '../disk-file'
import { readQcow2 } from '../headers/qcow2'
import type { ReadAt } from '../headers/qcow2-truncated'
import { isRefusal } from '../headers/refusal'
import { headBytes } from '../inspect'
import { namesInFat } from './fat'
import { readPartitions, type Partition } from './partitions'
import { qcow2Clusters, Unreadable } from './qcow2-clusters'

export interface BootRecords {
  readonly bios: boolean // a BIOS finds something to start
  readonly uefi: readonly Architecture[] // for which EFI/BOOT holds a loader
  readonly esp: boolean // there is an EFI system partition, whatever it holds
  readonly sectorBytes?: 4096 // it was partitioned for a disk of such sectors; absent: 512
  readonly unread?: string // why not everything could be read
}

// More than a partition table, a FAT's folders and the tables of a qcow2 image take; a hostile disk cannot make us read on and on.
const budgetBytes = 8 * 1024 * 1024
const budgetReads = 2000
const espsLookedAt = 4

// Never throws for what the disk holds.
export const bootRecords = (disk: Disk): Promise<BootRecords> => readBootRecords(disk.file, disk)

export const readBootRecords = async (
  file: Pick<DiskFile, 'bytes' | 'readAt'>,
  { format, virtualBytes }: Pick<Disk, 'format' | 'virtualBytes'>,
): Promise<BootRecords> => {
  const readAt = bounded(file.readAt)
  let found: BootRecords = { bios: false, uefi: [], esp: false }
  try {
    const read = format === 'raw' ? readAt : await throughQcow2(file, virtualBytes, readAt)
    const mbr = await read(0, 512)
    const { kind, sectorBytes, partitions } = await readPartitions(mbr, read)
    const esps = partitions.filter(({ type }) => type === 'esp').slice(0, espsLookedAt)
    // No BIOS starts from larger sectors.
    const bios = sectorBytes === 512 && (await startsByBios(mbr, kind === 'gpt', partitions, read))
    found = { ...found, esp: esps.length > 0, bios, ...(sectorBytes === 4096 ? { sectorBytes } : {}) }
    for (const esp of esps) found = { ...found, uefi: [...new Set([...found.uefi, ...(await loadersOn(esp, read))])] }
    return found
  } catch (error) {
    if (error instanceof Unreadable) return { ...found, unread: error.message }
    throw error
  }
}

const throughQcow2 = async (file: Pick<DiskFile, 'bytes' | 'readAt'>, maxVirtualBytes: number, readAt: ReadAt): Promise<ReadAt> => {
  const header = readQcow2(await file.readAt(0, headBytes), { fileBytes: file.bytes, maxVirtualBytes })
  if (isRefusal(header)) throw new Unreadable(`it ${header.refused}`)
  return qcow2Clusters(header, readAt)
}

const bounded = (readAt: ReadAt): ReadAt => {
  let bytes = 0
  let reads = 0
  return (offset, length) => {
    bytes += length
    reads += 1
    if (bytes > budgetBytes || reads > budgetReads) throw new Unreadable('its tables lead on and on')
    return Number.isSafeInteger(offset) ? readAt(offset, length) : Promise.resolve(Buffer.alloc(0))
  }
}

const code = { from: 0, to: 440 } as const // of an MBR; what follows is the disk's signature and the table
// A FAT file system has code in its first sector that says no more than this.
const excuses = /not a bootable disk|Non-System disk|Remove disks or other media/i

// BIOS starts the code in the first sector. That of GRUB and of GPT's boot loaders does the rest itself; the generic one of DOS, which some
// tools write on every disk, hands over to the active partition.
const startsByBios = async (mbr: Buffer, isGpt: boolean, partitions: readonly Partition[], read: ReadAt): Promise<boolean> => {
  const boot = mbr.subarray(code.from, code.to)
  if (boot.every((byte) => byte === 0)) return false
  if (boot.includes('GRUB') || isGpt || partitions.length === 0) return true
  const active = partitions.find((partition) => partition.active)
  if (active === undefined) return false
  const first = await read(active.offset, 512)
  const filled = first.subarray(62, 510).some((byte) => byte !== 0)
  return first.length === 512 && first.readUInt16LE(510) === 0xaa55 && filled && !excuses.test(first.toString('latin1'))
}

const loaders: readonly (readonly [string, Architecture])[] = [
  ['BOOTX64.EFI', 'x86_64'],
  ['BOOTAA64.EFI', 'aarch64'],
]

const loadersOn = async ({ offset, bytes }: Partition, read: ReadAt): Promise<readonly Architecture[]> => {
  const within: ReadAt = (at, length) => read(offset + at, Math.max(Math.min(length, bytes - at), 0))
  const names = (await namesInFat(within, ['EFI', 'BOOT'])) ?? []
  return loaders.filter(([name]) => names.includes(name)).map(([, architecture]) => architecture)
}
