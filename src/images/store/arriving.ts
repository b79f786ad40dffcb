import { createBoxUnpacker, type BoxOptions, type UnpackedBox } from '../boxes/unpack'
import { createSparseFile, type SparseFile, type SparseOptions } from '../../host/files/sparse-file'
import { blockBytes, isTar } from '../../formats/tar/header'

export interface Arriving extends SparseFile {
  readonly box: () => UnpackedBox | undefined // after end
}

export interface ArrivingOptions {
  readonly file: SparseOptions
  readonly box: () => BoxOptions // asked for with the first byte
  readonly mayBeBox: boolean
}

// Where an image goes as it comes, unpacked: into a file, or, when it begins like a box, through the tar reader into a file for each disk.
export const createArriving = ({ file, box, mayBeBox }: ArrivingOptions): Arriving => {
  let head: Buffer | undefined = Buffer.alloc(0) // until there is enough of it to tell
  let sink: SparseFile | undefined
  let unpacked: (() => UnpackedBox) | undefined

  const begin = async (start: Buffer): Promise<SparseFile> => {
    head = undefined
    if (mayBeBox && isTar(start)) {
      const unpacker = createBoxUnpacker(box())
      unpacked = unpacker.box
      sink = unpacker
    } else sink = await createSparseFile(file)
    await sink.write(start)
    return sink
  }

  return {
    write: async (chunk) => {
      if (head === undefined) return sink?.write(chunk)
      head = Buffer.concat([head, chunk])
      if (head.length >= blockBytes) await begin(head)
    },
    end: async () => {
      await (head === undefined ? sink : await begin(head))?.end()
    },
    abort: async () => {
      await sink?.abort()
    },
    box: () => unpacked?.(),
  }
}
