import { constants, open } from 'node:fs/promises'
import { identityOf, notAFile, type FileIdentity } from '../../formats/disk-file'
import type { Source } from '../resolved'

// A packed image or a box on this machine: opened once, read through once.
export interface LocalFile {
  readonly kind: 'file'
  readonly path: string
  readonly name: string
  readonly was: FileIdentity // before the first byte was read
  readonly bytes: number
  readonly chunks: (signal: AbortSignal) => AsyncIterable<Buffer>
  readonly close: () => Promise<void>
}

// image-error: it is no file by now.
export const openLocalFile = async ({ path, name }: Extract<Source, { kind: 'file' }>): Promise<LocalFile> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await file.stat({ bigint: true })
  if (!stats.isFile()) {
    await file.close()
    throw notAFile(path)
  }
  return {
    kind: 'file',
    path,
    name,
    was: identityOf(stats),
    bytes: Number(stats.size),
    chunks: (signal) => file.createReadStream({ highWaterMark: 256 * 1024, signal }) as AsyncIterable<Buffer>,
    close: () => file.close(),
  }
}
