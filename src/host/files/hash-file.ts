import { createDigester, type Digests, type Expected } from '../../lib/digests'

const chunkBytes = 1024 * 1024

export interface Readable {
  readonly readInto: (buffer: Buffer, offset: number) => Promise<number> // how many bytes it read; 0 at the end
}

// Reads a file through once. A chunk keeps the event loop for a millisecond or two; in between everything else has its turn.
export const hashFile = async (file: Readable, expected: readonly Expected[], signal: AbortSignal): Promise<Digests> => {
  const digester = createDigester(expected.map(({ algorithm }) => algorithm))
  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (let offset = 0; ;) {
    signal.throwIfAborted()
    const bytesRead = await file.readInto(buffer, offset)
    if (bytesRead === 0) return digester.digests()
    digester.update(buffer.subarray(0, bytesRead))
    offset += bytesRead
  }
}
