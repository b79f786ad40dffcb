import { closeSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './folder'

export interface BoundedFile {
  write(text: string): void
  close(): void
  readonly written: boolean // it exists: something came, and the disk took it
}

// A file that takes text as it comes, up to a limit, and says at its end that there was more. It is made with the first text, and a full
// disk ends it silently: what a guest prints must not end a job.
export const boundedFile = (file: string, maxBytes: number): BoundedFile => {
  let fd: number | undefined
  let open = true
  let written = false
  let left = maxBytes
  const close = (): void => {
    open = false
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  return {
    get written() {
      return written
    },
    write: (text) => {
      if (!open || text === '') return
      try {
        fd ??= create(file)
        const bytes = Buffer.byteLength(text)
        if (bytes <= left) writeText(fd, text, bytes)
        else {
          writeAll(fd, Buffer.from(text).subarray(0, left))
          writeAll(fd, Buffer.from(`\n[image-test: ${maxBytes} bytes are kept; what followed is not]\n`))
        }
        written = true
        left -= bytes
        if (left < 0) close()
      } catch {
        close()
      }
    },
    close,
  }
}

const create = (file: string): number => {
  makeFolder(dirname(file))
  return openSync(file, 'w') // what a machine before left of the same name is gone
}

// Without a copy, unless the disk takes only a part.
const writeText = (fd: number, text: string, bytes: number): void => {
  const written = writeSync(fd, text)
  if (written < bytes) writeAll(fd, Buffer.from(text).subarray(written))
}

const writeAll = (fd: number, bytes: Buffer): void => {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from)
}
