// Reads a tar archive as it comes, once and strictly: what it does not know, it refuses. The programs that unpack archives follow links and
// names, and the libraries for Node drop the sparse members that `tar -S` makes.
import { archive, type TarOptions } from './archive'
import { isZero } from './header'
import type { Want } from './parser'
import { damagedHint } from './refuse'

export interface TarReader {
  readonly write: (chunk: Buffer) => Promise<void>
  readonly end: () => Promise<void>
}

const fillerBytes = 1024 * 1024 // the last record is filled with zeros; tar makes records of 10 KiB, of 512 bytes to some 100 KiB on request

// The parser reads like a program that pulls its input; this pushes it.
export const createTarReader = (options: TarOptions): TarReader => {
  const { refuse } = options
  let consumed = 0
  const parser = archive(options, () => consumed)
  let want: Want = { kind: 'pass', bytes: 0, to: undefined }
  let missing = 0
  let taken: Buffer[] = []
  let filler = 0

  const advance = async (): Promise<void> => {
    const bytes = Buffer.concat(taken)
    taken = []
    want = (await parser.next(bytes)).value ?? { kind: 'over' }
    missing = want.kind === 'over' ? Number.POSITIVE_INFINITY : want.bytes
  }
  const accept = async (part: Buffer): Promise<void> => {
    if (want.kind === 'take') taken.push(part)
    else if (want.kind === 'pass') await want.to?.write(part)
    else {
      filler += part.length
      if (!isZero(part) || filler > fillerBytes) throw refuse('has something after the end of its archive', damagedHint)
    }
  }

  return {
    write: async (chunk) => {
      // A copy of what is kept for longer: a chunk may be written over once this resolves.
      for (let at = 0; at < chunk.length;) {
        while (missing === 0) await advance()
        const part = chunk.subarray(at, at + missing)
        await accept(want.kind === 'take' ? Buffer.from(part) : part)
        at += part.length
        consumed += part.length
        missing -= part.length
      }
    },
    end: async () => {
      while (missing === 0) await advance()
      if (want.kind !== 'over') throw refuse('is cut short: its archive has no end', damagedHint)
    },
  }
}
