import { constants, open, readlink, stat } from 'node:fs/promises'

// A file that is read whole: opened once, so that what was looked at is what is read, and without waiting for whoever writes to a pipe.
// 'not a file': a folder, device, socket or pipe. 'elsewhere': `allows` says so of where the opened file lies, whatever its name leads to by
// then. Throws what the system says.
export const readBounded = async (
  path: string,
  maxBytes: number,
  allows: (real: string) => boolean = () => true,
): Promise<Buffer | 'not a file' | 'too large' | 'elsewhere'> => {
  if (!(await stat(path)).isFile()) return 'not a file' // a device may do something when it is opened
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return 'not a file'
    if (!allows(await readlink(`/proc/self/fd/${file.fd}`))) return 'elsewhere'
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
