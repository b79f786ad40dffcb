import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

export interface ForeignFile {
  readonly owner: number // the user that is to have made it
  readonly maxBytes: number
}

// Reads what a user with fewer rights than ours has made in a folder of theirs. A link to a file that only we may read, one that another
// user owns or that has a second name, a FIFO, a folder or more than that many bytes is not what was asked for: an error that says so.
export const readForeign = async (path: string, { owner, maxBytes }: ForeignFile): Promise<Buffer> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    const why = !stats.isFile()
      ? 'is no file'
      : stats.uid !== owner
        ? `belongs to user ${stats.uid}, not ${owner}`
        : stats.nlink !== 1
          ? 'has more than one name'
          : stats.size > maxBytes
            ? `has more than ${maxBytes} bytes`
            : undefined
    if (why !== undefined) throw new Error(`${path} ${why}`)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
