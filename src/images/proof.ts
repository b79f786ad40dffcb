import { createDigester, verifyDigests, type Digests, type Expected } from '../lib/digests'
import type { DiskFile } from '../formats/disk-file'

const chunkBytes = 1024 * 1024

// Reads a file through once. A chunk keeps the event loop for a millisecond or two; in between everything else has its turn.
export const hashFile = async (file: Pick<DiskFile, 'readInto'>, expected: readonly Expected[], signal: AbortSignal): Promise<Digests> => {
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

// What is asked at the end of a run: what did boot, and is it still that? digests: known already, or being computed beside the boot.
export const createProof = (file: DiskFile, digests: Promise<Digests>, expected: readonly Expected[], shown: string) => {
  // The run may end for another reason before anybody asks.
  digests.catch(() => undefined)
  return async (): Promise<{ readonly sha256: string; readonly unchanged: boolean }> => {
    const found = await digests
    verifyDigests(shown, found, expected)
    return { sha256: found.get('sha256') ?? '', unchanged: await file.unchanged() }
  }
}
