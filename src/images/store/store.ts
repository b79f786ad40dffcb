import { mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '../../errors'
import { createArriving } from './arriving'
import { readBox, type Box } from '../boxes/box'
import { convertDisks } from '../boxes/convert'
import { unpackedName, type Compression } from '../../formats/compression'
import { createDigester, verifyDigests, type Digester, type Digests, type Expected } from '../../lib/digests'
import { download, type Sink } from '../../fetch/download'
import { ChangedError, downloadError } from '../../fetch/download-errors'
import { refuseEarly, type DiskFormat } from '../../formats/inspect'
import type { ImageNetwork, Limits } from '../limits'
import { openLocalFile, type LocalFile } from './local-file'
import { createProgress } from '../../fetch/progress'
import type { Source } from '../resolved'
import { formatBytes } from '../../lib/shown'
import { requireSpace, type Space } from '../../host/files/space'
import { refusing } from '../../formats/tar/refuse'
import { createUnpacker } from './unpacker'

export interface Stored {
  readonly path: string
  readonly publishedBytes: number
  readonly published: Digests // of the file as published
  readonly sha256?: string // of the disk, unpacked; absent while nobody knows it
  readonly compression: Compression | undefined
  readonly box?: Box // path and sha256 are those of its first disk
}

export interface StoreOptions extends ImageNetwork, Pick<Space, 'makeRoom'> {
  readonly dir: string
  readonly expected: readonly Expected[]
  readonly trusted: boolean // whether these digests prove the image, whichever way it comes
  readonly format: DiskFormat | undefined
  readonly mirrors?: (() => Promise<readonly URL[]>) | undefined
  readonly marker?: string | undefined // in the environment of qemu-img, which converts the disks of a box for VirtualBox
}

// Puts an image into a folder of its own under `dir`, in one pass: bytes from the network or a file → hash → decompressor → hash → file.
// Nothing is left there when it fails.
export const store = async (source: Source, options: StoreOptions): Promise<Stored> => {
  const folder = await mkdtemp(join(options.dir, 'image-'))
  try {
    for (let restarts = 0; ; restarts += 1) {
      try {
        return await pass(source, folder, options)
      } catch (error) {
        if (!(error instanceof ChangedError)) throw error
        if (restarts >= options.limits.restarts) throw downloadError(error, source.shown)
        options.onProgress(`downloading ${source.name}: ${error.message}, beginning anew`)
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const pass = async (source: Source, folder: string, options: StoreOptions): Promise<Stored> => {
  const { expected, limits, signal, makeRoom } = options
  const path = join(folder, fileName(source.name))
  const arriving = `${path}.part`
  const from = source.kind === 'url' ? source : await openLocalFile(source)
  const digester = createDigester(expected.map(({ algorithm }) => algorithm))
  const unpacked = createDigester()
  const file = createArriving({
    file: {
      path: arriving,
      shown: source.shown,
      maxBytes: limits.unpackedBytes,
      reserveBytes: limits.reserveBytes,
      makeRoom,
      onHead: refuseEarly(source.shown, options.format),
      // What is not packed was hashed as it came.
      onBytes: (bytes) => {
        if (unpacker.compression === undefined) return
        unpacked.update(bytes)
        refuseExpansion(unpacked.bytes, digester.bytes, limits.expansion, source.shown)
      },
    },
    box: () => ({
      folder,
      shown: source.shown,
      signal,
      limits,
      makeRoom,
      inPlace: unpacker.compression === undefined && from.kind === 'file' ? from : undefined,
    }),
    mayBeBox: options.format === undefined,
  })
  const unpacker = createUnpacker(file, source.shown, signal)
  try {
    await read(from, folder, digester, unpacker.write, options)
    const published = digester.digests()
    verifyDigests(source.shown, published, expected)
    await unpacker.end()
    const { compression } = unpacker
    const unpackedBox = file.box()
    if (unpackedBox !== undefined) {
      const refuse = refusing(source.shown)
      const box = await convertDisks(readBox(unpackedBox, refuse), { ...options, refuse })
      const [{ path, sha256 }] = box.disks
      return { path, ...(sha256 === undefined ? {} : { sha256 }), publishedBytes: digester.bytes, published, compression, box }
    }
    await rename(arriving, path)
    const sha256 = (compression === undefined ? published : unpacked.digests()).get('sha256') ?? ''
    return { path, publishedBytes: digester.bytes, published, sha256, compression }
  } catch (error) {
    await unpacker.abort()
    signal.throwIfAborted()
    throw error
  } finally {
    if (from.kind === 'file') await from.close()
  }
}

// Of what is zeros for the most part there is no end in sight while it is unpacked.
const refuseExpansion = (unpacked: number, packed: number, { fromBytes, times }: Limits['expansion'], shown: string): void => {
  if (unpacked <= fromBytes || unpacked <= packed * times) return
  throw new JobError(
    'image-error',
    `${shown} unpacks to more than ${times} times its size: ${formatBytes(unpacked)} from ${formatBytes(packed)}`,
    {
      hint: 'It is either a trap or not a cloud image; if it is one, pack it as qcow2.',
    },
  )
}

// Hands every byte of the source to the digester and to the sink, once and in order.
const read = async (
  source: Extract<Source, { kind: 'url' }> | LocalFile,
  folder: string,
  digester: Digester,
  sink: Sink,
  options: StoreOptions,
): Promise<void> => {
  const { signal, clock, limits, trusted, onProgress, makeRoom } = options
  const onLength = async (bytes: number): Promise<void> => {
    await requireSpace(folder, bytes, source.name, { reserveBytes: limits.reserveBytes, makeRoom })
  }
  if (source.kind === 'url') {
    await download({ ...options, url: source.url, name: source.name, digester, sink, onLength, mayDowngrade: trusted })
    return
  }
  const progress = createProgress(`unpacking ${source.name}`, onProgress, clock)
  progress.total(source.bytes)
  await onLength(source.bytes)
  for await (const chunk of source.chunks(signal)) {
    digester.update(chunk)
    progress.add(chunk.length)
    await sink(chunk)
  }
}

// The image's name, unpacked and reduced to characters that need no quoting in any option of QEMU.
const fileName = (name: string): string =>
  unpackedName(name)
    .replace(/[^\w.+-]/g, '_')
    .replace(/^[.-]+/, '')
    .slice(-100) || 'image'
