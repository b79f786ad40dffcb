import { randomBytes } from 'node:crypto'
import { closeSync, writeSync } from 'node:fs'
import { folderAt } from '../../host/files/folder'

const bufferChars = 256 * 1024

// Of a file of ours, a draft that a run left which was killed.
export const draftEnd = /\.[0-9a-f]{16}\.tmp$/

// Writes a file as a whole or not at all: a reader, or a cancel in the middle, never sees half of it. Of whatever else has its name, only
// the name is gone.
export const writeAtomic = (dir: string, name: string, pieces: Iterable<string>): void => {
  const folder = folderAt(dir)
  const draft = `${name}.${randomBytes(8).toString('hex')}.tmp`
  try {
    const fd = folder.create(draft)
    try {
      writePieces(fd, pieces)
    } finally {
      closeSync(fd)
    }
    folder.move(draft, name)
  } catch (error) {
    removeDraft(dir, draft)
    throw error
  }
}

// The first error is the one to tell.
const removeDraft = (dir: string, draft: string): void => {
  try {
    folderAt(dir).remove(draft)
  } catch {
    // the folder itself may be gone
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
