import { constants, open } from 'node:fs/promises'

// A file that is read whole: opened once, so that what was looked at is what is read, and without waiting for whoever writes to a pipe.
// 'not a file': a folder, device, socket or pipe. Throws what the system says.
export const readBounded = async (path: string, maxBytes: number): Promise<Buffer | 'not a file' | 'too large'> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return 'not a file'
    if (stats.size > maxBytes) return 'too large'
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of file.createReadStream({ autoClose: false, end: maxBytes }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
    }
    return bytes > maxBytes ? 'too large' : Buffer.concat(chunks)
  } finally {
    await file.close()
  }
}
