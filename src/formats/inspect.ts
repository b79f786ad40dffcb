import { JobError } from '../errors'
import type { Disk } from './disk'
import type { DiskFile } from './disk-file'
import { foreign } from './headers/foreign'
import { isQcow2, readQcow2, type Qcow2 } from './headers/qcow2'
import { findTruncation } from './headers/qcow2-truncated'
import { readRaw } from './headers/raw'
import { isRefusal, type Refusal } from './headers/refusal'
import { isVmdk, readVmdk } from './headers/vmdk'
import { formatBytes, printable } from '../lib/shown'

export const headBytes = 1024 * 1024 // no format that we read keeps more than that in front

export type DiskFormat = Disk['format']

// What the user says an image is. config-error when that is nothing we boot.
export const readFormat = (format: string | undefined): DiskFormat | undefined => {
  if (format === undefined || format === 'qcow2' || format === 'raw') return format
  throw new JobError('config-error', `images of format "${printable(format, 20)}" are not supported`, {
    hint: 'format is qcow2 or raw; without it the file itself tells.',
  })
}

export interface Inspection {
  readonly shown: string
  readonly format: DiskFormat | undefined // what the user says it is
  readonly maxVirtualBytes: number
  readonly warn: (text: string) => void
}

// Finds out what a file is by reading it ourselves, before any tool opens it: qemu-img and QEMU follow what a header names.
// image-error for everything but a qcow2 or raw disk that stands alone.
export const inspect = async (file: DiskFile, { shown, format: asked, maxVirtualBytes, warn }: Inspection): Promise<Disk> => {
  const refuse = ({ refused, hint }: Refusal): JobError => new JobError('image-error', `${shown} ${refused}`, { hint })
  const [head, tail] = await Promise.all([file.readAt(0, headBytes), file.readAt(Math.max(file.bytes - 1024, 0), 1024)])
  const found = identify(head, tail, { fileBytes: file.bytes, maxVirtualBytes, asked })
  if (isRefusal(found)) throw refuse(found)
  const place = { path: file.path, file, ...(file.window === undefined ? {} : { window: file.window }) }
  if (found.format === 'raw') {
    if (file.bytes % 512 !== 0)
      warn(`${shown} is not a whole number of sectors long: the last ${file.bytes % 512} bytes do not exist for the guest`)
    return { ...place, format: 'raw', virtualBytes: file.bytes }
  }
  const truncation = await findTruncation(found.header, file.bytes, file.readAt)
  if (truncation !== undefined) throw refuse(truncation)
  if (found.header.dirty) warn(`${shown} was not closed properly when it was made (dirty bit); it is read as it is`)
  return { ...place, format: 'qcow2', virtualBytes: found.header.virtualBytes }
}

interface Circumstances {
  readonly fileBytes: number
  readonly maxVirtualBytes: number
  readonly asked: DiskFormat | undefined
}

type Identified = { readonly format: 'raw' } | { readonly format: 'qcow2'; readonly header: Qcow2 }

// The same for bytes alone. head: the first MiB or the whole file; tail: its last 1024 bytes.
export const identify = (head: Buffer, tail: Buffer, { fileBytes, maxVirtualBytes, asked }: Circumstances): Identified | Refusal => {
  if (isQcow2(head) && !isQcowVersion1(head)) {
    // A guest that can write such a header into its own raw disk would otherwise choose what the host opens next.
    if (asked === 'raw') return { refused: 'is said to be raw, but is a qcow2 image', hint: 'Leave format out, or say format: qcow2.' }
    const header = readQcow2(head, { fileBytes, maxVirtualBytes })
    return isRefusal(header) ? header : { format: 'qcow2', header }
  }
  if (isVmdk(head)) {
    const vmdk = readVmdk(head, tail, { fileBytes, maxVirtualBytes })
    if (isRefusal(vmdk)) return vmdk
    return {
      refused: `is a VMDK image (${vmdk.createType}, ${formatBytes(vmdk.virtualBytes)}), which is not booted directly`,
      hint: 'Convert it first: qemu-img convert -f vmdk -O qcow2 IN OUT.qcow2',
    }
  }
  const other = foreign(head, asked === 'raw') ?? (asked === 'qcow2' ? notQcow2 : undefined) ?? readRaw(head, tail, asked === 'raw')
  if (other !== undefined) return other
  if (fileBytes > maxVirtualBytes) return { refused: `is a disk of ${formatBytes(fileBytes)}`, hint: 'A cloud image has some GiB.' }
  return { format: 'raw' }
}

const isQcowVersion1 = (head: Buffer): boolean => head.length >= 8 && head.readUInt32BE(4) === 1

const notQcow2: Refusal = { refused: 'is said to be qcow2, but has no qcow2 header', hint: 'Leave format out, or say format: raw.' }

// Zeros alone, as of an archive that is a trap, hold neither boot sector nor partition table, whatever the user says.
const noDisk = (head: Buffer, asked: DiskFormat | undefined): Refusal | undefined => {
  if (head.length < headBytes || asked === 'qcow2') return undefined
  return readRaw(head, Buffer.alloc(0), asked === 'raw' && head.some((byte) => byte !== 0))
}

// For a file that is still arriving: names what can be told to be no disk at all by its beginning, so that the rest need not be fetched.
export const refuseEarly = (shown: string, asked: DiskFormat | undefined) => (head: Uint8Array) => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const found = isQcow2(bytes) || isVmdk(bytes) ? undefined : (foreign(bytes, asked === 'raw') ?? noDisk(bytes, asked))
  if (found !== undefined) throw new JobError('image-error', `${shown} ${found.refused}`, { hint: found.hint })
}
