// What a command's output was, as far as it was kept. `whole` is false when the beginning was dropped.
export interface KeptOutput {
  readonly text: string
  readonly whole: boolean
}

// How much of an output is kept for a comparison.
export const keptBytes = 1024 * 1024
// A piece of one byte costs more than a hundred, so many of them become one.
const mostPieces = 1024

// Keeps the end of what comes in pieces of any size.
export const keepEnd = () => {
  let pieces: Uint8Array[] = []
  let bytes = 0
  let whole = true
  const join = (): Buffer => {
    const all = Buffer.concat(pieces)
    if (all.length > keptBytes) whole = false
    const end = all.subarray(-keptBytes)
    pieces = [end]
    bytes = end.length
    return end
  }
  return {
    push: (piece: Uint8Array): void => {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > 2 * keptBytes || pieces.length > mostPieces) join()
    },
    output: (): KeptOutput => ({ text: join().toString(), whole }),
  }
}
