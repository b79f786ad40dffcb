import { verifyDigests, type Digests, type Expected } from '../lib/digests'
import type { DiskFile } from '../formats/disk-file'

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
