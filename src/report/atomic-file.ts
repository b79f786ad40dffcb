import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

const bufferChars = 256 * 1024

// Writes a file as a whole or not at all: a reader, or a cancel in the middle, never sees half of it.
export const writeAtomic = (file: string, pieces: Iterable<string>): void => {
  const draft = `${file}.tmp`
  try {
    const fd = openSync(draft, 'w')
    try {
      writePieces(fd, pieces)
    } finally {
      closeSync(fd)
    }
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

const writePieces = (fd: number, pieces: Iterable<string>): void => {
  let text: string[] = []
  let chars = 0
  const flush = (): void => {
    const bytes = Buffer.from(text.join(''))
    for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from)
    text = []
    chars = 0
  }
  for (const piece of pieces) {
    text.push(piece)
    chars += piece.length
    if (chars >= bufferChars) flush()
  }
  flush()
}
