// Takes a box apart as it comes: nothing but its disks is written, each once, to where it stays.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDigester } from '../../lib/digests'
import type { FileIdentity, Window } from '../../formats/disk-file'
import { isQcow2 } from '../../formats/headers/qcow2'
import type { Limits } from '../limits'
import { printable } from '../../lib/shown'
import type { Space } from '../../host/files/space'
import { createSparseFile, type SparseFile } from '../../host/files/sparse-file'
import type { Member, MemberSink } from '../../formats/tar/parser'
import { createTarReader } from '../../formats/tar/reader'
import { refusing } from '../../formats/tar/refuse'
import { roleOf } from './members'
import { readMetadata } from './metadata'
import { readOvf } from './ovf'

export interface UnpackedBox {
  readonly texts: ReadonlyMap<string, string> // by the name of the member
  readonly disks: ReadonlyMap<string, UnpackedDisk>
  readonly folder?: string // made for it, even if all of its disks stay where they are; absent of a box in the cache
}

export interface UnpackedDisk {
  readonly path: string
  readonly window?: Window // in the box itself
  readonly was?: FileIdentity | undefined // of the box, as it was read
  readonly sha256: string
}

export interface BoxUnpacker extends SparseFile {
  readonly box: () => UnpackedBox // after end
}

export interface BoxOptions extends Pick<Space, 'makeRoom'> {
  readonly folder: string
  readonly shown: string
  readonly signal: AbortSignal
  readonly inPlace: Pick<UnpackedDisk, 'path' | 'was'> | undefined // the file that the archive comes from byte by byte, if it does
  readonly limits: Pick<Limits, 'unpackedBytes' | 'reserveBytes' | 'boxMembers' | 'boxTextBytes'>
}

const maxDisks = 8
const magicBytes = 4

// Its end, too, is that of a file: image-error when the archive is cut short or holds what no box does.
export const createBoxUnpacker = ({ folder, shown, signal, inPlace, limits, makeRoom }: BoxOptions): BoxUnpacker => {
  const refuse = refusing(shown)
  const names = new Set<string>()
  const texts = new Map<string, string>()
  const disks = new Map<string, UnpackedDisk>()
  let named: readonly string[] | undefined // disks, once it is known
  let open: SparseFile | undefined

  const surprise = (name: string): Error =>
    refuse(`holds a file that does not belong into a box ("${printable(name)}")`, 'Pack the box anew without it.')

  const keepText = (name: string): MemberSink => {
    const chunks: Buffer[] = []
    return {
      write: (chunk) => {
        chunks.push(Buffer.from(chunk))
        return Promise.resolve()
      },
      end: () => {
        const text = Buffer.concat(chunks).toString()
        texts.set(name, text)
        if (name === 'metadata.json') named ??= readMetadata(text, refuse).disks?.map(({ member }) => member)
        if (name.endsWith('.ovf')) named ??= readOvf(text, refuse).disks
        return Promise.resolve()
      },
    }
  }

  const createDisk = (name: string, path: string): Promise<SparseFile> =>
    createSparseFile({
      path,
      shown: `${shown} (${printable(name)})`,
      maxBytes: limits.unpackedBytes,
      reserveBytes: limits.reserveBytes,
      makeRoom,
    })

  // The disk goes to a file of ours, unless it is one that QEMU can read where it lies: qcow2 in a box that is not packed.
  const storeDisk = ({ name, bytes, offset }: Member, expected: boolean): MemberSink => {
    if (disks.size === maxDisks) throw refuse(`holds more than ${maxDisks} disks`, 'Give a box with the disks that are tested.')
    const path = join(folder, `disk${disks.size}.img`)
    const window =
      offset === undefined || inPlace === undefined ? undefined : { path: inPlace.path, was: inPlace.was, window: { offset, bytes } }
    const digester = createDigester()
    let head = Buffer.alloc(0)
    let stays = window !== undefined
    const begin = async (): Promise<void> => {
      if (!expected && !isQcow2(head)) throw surprise(name)
      stays &&= isQcow2(head)
      if (stays) return
      open = await createDisk(name, path)
      await open.write(head)
    }
    return {
      write: async (chunk) => {
        digester.update(chunk)
        if (head.length >= magicBytes) return open?.write(chunk)
        head = Buffer.concat([head, chunk])
        if (head.length >= magicBytes) await begin()
      },
      end: async () => {
        if (head.length < magicBytes) await begin()
        await open?.end()
        open = undefined
        disks.set(name, { path, ...(stays ? window : {}), sha256: digester.digests().get('sha256') ?? '' })
      },
    }
  }

  const onMember = (member: Member): MemberSink | undefined => {
    const { name, bytes } = member
    if (names.has(name)) throw refuse(`holds "${printable(name)}" twice`, 'Pack the box anew.')
    names.add(name)
    if (named?.includes(name) === true) return storeDisk(member, true)
    const role = roleOf(name)
    if (role === 'passed over') return undefined
    if (role === 'text') {
      if (bytes > limits.boxTextBytes)
        throw refuse(`has a ${printable(name)} of ${bytes} bytes`, 'That is too large for what it should be.')
      return keepText(name)
    }
    if (named !== undefined) throw surprise(name)
    return storeDisk(member, role === 'disk')
  }

  const reader = createTarReader({ refuse, maxMembers: limits.boxMembers, maxBytes: limits.unpackedBytes, signal, onMember })
  return {
    write: reader.write,
    end: async () => {
      await reader.end()
      for (const name of disks.keys()) if (named?.includes(name) === false) throw surprise(name)
    },
    abort: async () => {
      await open?.abort()
      for (const { path, window } of disks.values()) if (window === undefined) await rm(path, { force: true })
    },
    box: () => ({ texts, disks, folder }),
  }
}
