import { compressionMagicBytes, compressionOf, startDecompressor, type Compression, type Decompressor } from '../../formats/compression'
import { received } from '../../fetch/received'
import type { SparseFile } from '../../host/files/sparse-file'

export interface Unpacker {
  readonly compression: Compression | undefined // known once the first byte is written to the file
  readonly write: (chunk: Buffer) => Promise<void>
  readonly end: () => Promise<void>
  readonly abort: () => Promise<void>
}

// Sends a stream of bytes into a file, through a decompressor when the first bytes say so. One pass, whatever the size; write resolves when
// there is room for more. Throws image-error for a damaged archive and what the file throws.
export const createUnpacker = (file: SparseFile, shown: string, signal: AbortSignal): Unpacker => {
  let start: Buffer | undefined = Buffer.alloc(0) // until there is enough of it to tell
  let chain: Chain | undefined
  let compression: Compression | undefined

  const begin = async (head: Buffer): Promise<void> => {
    start = undefined
    compression = compressionOf(head)
    if (compression !== undefined) chain = connect(startDecompressor(compression, shown, signal), file)
    await pass(head)
  }
  const pass = (chunk: Buffer): Promise<void> => (chain ?? file).write(chunk)

  return {
    get compression() {
      return compression
    },
    write: async (chunk) => {
      if (start === undefined) return pass(chunk)
      start = Buffer.concat([start, chunk])
      if (start.length >= compressionMagicBytes) await begin(start)
    },
    end: async () => {
      if (start !== undefined) await begin(start)
      await chain?.end()
      await file.end()
    },
    abort: async () => {
      await chain?.abort()
      await file.abort()
    },
  }
}

interface Chain {
  write(chunk: Buffer): Promise<void>
  end(): Promise<void>
  abort(): Promise<void>
}

// Reads the decompressor's output into the file while it is fed, so that neither waits for the other.
const connect = ({ entry, exit, finished, kill }: Decompressor, file: SparseFile): Chain => {
  let refused: { readonly reason: unknown } | undefined // by the file
  let failure: { readonly reason: unknown } | undefined
  let over = false
  let wake: () => void = () => undefined
  entry.on('drain', () => {
    wake()
  })
  // A stream that breaks is only a sign; `finished` knows why, in the program's own words.
  entry.on('error', () => undefined)
  finished.catch(() => undefined)

  const copy = async (): Promise<void> => {
    for await (const chunk of received(exit)) {
      await file.write(chunk).catch((reason: unknown) => {
        refused = { reason }
        throw reason
      })
    }
  }
  const done = (async () => {
    try {
      await copy()
      await finished
    } catch (error) {
      kill()
      const reason = await finished.then(
        () => error,
        (ended: unknown) => ended,
      )
      failure = refused ?? { reason }
    } finally {
      over = true
      wake()
    }
  })()
  const check = (): void => {
    if (failure !== undefined) throw failure.reason
  }

  return {
    write: async (chunk) => {
      check()
      // Some programs stop at the end of their data and leave what follows it; it still counts for the digest.
      if (over || entry.write(chunk)) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      check()
    },
    end: async () => {
      if (!over) entry.end()
      await done
      check()
    },
    abort: async () => {
      kill()
      await done
    },
  }
}
