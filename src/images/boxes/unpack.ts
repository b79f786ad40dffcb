// Takes a box apart as it comes: nothing but its disks is written, each once, to where it stays.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDigester } from '../digests'
import type { Limits } from '../limits'
import { printable } from '../shown'
import { createSparseFile, type SparseFile } from '../sparse-file'
import type { Member, MemberSink } from '../tar/parser'
import { createTarReader } from '../tar/reader'
import { refusing } from '../tar/refuse'
import { roleOf } from './members'
import { readMetadata } from './metadata'
import { readOvf } from './ovf'

export interface UnpackedBox {
  readonly texts: ReadonlyMap<string, string> // by the name of the member
  readonly disks: ReadonlyMap<string, UnpackedDisk>
}

export interface UnpackedDisk {
  readonly path: string
  readonly sha256: string
}

export interface BoxUnpacker extends SparseFile {
  readonly box: () => UnpackedBox // after end
}

export interface BoxOptions {
  readonly folder: string
  readonly shown: string
  readonly limits: Pick<Limits, 'unpackedBytes' | 'reserveBytes' | 'boxMembers' | 'boxTextBytes'>
}

const maxDisks = 8

// Its end, too, is that of a file: image-error when the archive is cut short or holds what no box does.
export const createBoxUnpacker = ({ folder, shown, limits }: BoxOptions): BoxUnpacker => {
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

  const storeDisk = async (name: string, known: boolean): Promise<MemberSink> => {
    if (disks.size === maxDisks) throw refuse(`holds more than ${maxDisks} disks`, 'Give a box with the disks that are tested.')
    const path = join(folder, `disk${disks.size}.img`)
    const digester = createDigester()
    const file = await createSparseFile({
      path,
      shown: `${shown} (${printable(name)})`,
      maxBytes: limits.unpackedBytes,
      reserveBytes: limits.reserveBytes,
      onBytes: (bytes) => {
        digester.update(bytes)
      },
      onHead: (head) => {
        if (!known && Buffer.from(head.subarray(0, 4)).toString('latin1') !== 'QFI\xfb') throw surprise(name)
      },
    })
    open = file
    return {
      write: file.write,
      end: async () => {
        await file.end()
        open = undefined
        disks.set(name, { path, sha256: digester.digests().get('sha256') ?? '' })
      },
    }
  }

  const onMember = async ({ name, bytes }: Member): Promise<MemberSink | undefined> => {
    if (names.has(name)) throw refuse(`holds "${printable(name)}" twice`, 'Pack the box anew.')
    names.add(name)
    if (named?.includes(name) === true) return storeDisk(name, true)
    const role = roleOf(name)
    if (role === 'passed over') return undefined
    if (role === 'text') {
      if (bytes > limits.boxTextBytes)
        throw refuse(`has a ${printable(name)} of ${bytes} bytes`, 'That is too large for what it should be.')
      return keepText(name)
    }
    if (named !== undefined) throw surprise(name)
    return storeDisk(name, role === 'disk')
  }

  const reader = createTarReader({ refuse, maxMembers: limits.boxMembers, maxBytes: limits.unpackedBytes, onMember })
  return {
    write: reader.write,
    end: async () => {
      await reader.end()
      for (const name of disks.keys()) if (named?.includes(name) === false) throw surprise(name)
    },
    abort: async () => {
      await open?.abort()
      for (const { path } of disks.values()) await rm(path, { force: true })
    },
    box: () => ({ texts, disks }),
  }
}
