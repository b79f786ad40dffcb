import { printable } from '../../lib/shown'
import { bigEndian } from './bytes'
import type { Refusal } from './refusal'

// Header extensions that lead to data outside of the file, or that are no use without it. Others (feature names, bitmaps) are harmless.
const refusals: ReadonlyMap<number, (text: string) => string> = new Map<number, (text: string) => string>([
  [0xe2792aca, (text) => `names the format of a backing file ("${text}")`],
  [0x44415441, (text) => `names an external data file ("${text}")`],
  [0x0537be77, () => 'has an encryption header (LUKS)'],
])

const damaged = 'The file is damaged or was made to look like an image: make or fetch it again.'

// Walks type, length, data padded to 8 bytes, as QEMU does: to a type of zero or the end of the first cluster.
export const readExtensions = (head: Buffer, { from, to }: { from: number; to: number }): Refusal | undefined => {
  const { u32, text, length } = bigEndian(head)
  for (let at = from; at + 8 <= to;) {
    // What QEMU reads and we have not seen must not pass.
    if (at + 8 > length) return { refused: 'has a header whose extensions do not end', hint: damaged }
    const type = u32(at)
    const bytes = u32(at + 4)
    if (type === 0) return undefined
    if (bytes > to - at - 8) return { refused: 'has a header extension that is longer than its header', hint: damaged }
    const refused = refusals.get(type)
    if (refused !== undefined) {
      return {
        refused: refused(printable(text(at + 8, Math.min(bytes, 1023)))),
        hint: 'An image must stand alone, in one file and readable.',
      }
    }
    at += 8 + Math.ceil(bytes / 8) * 8
  }
  return undefined
}
