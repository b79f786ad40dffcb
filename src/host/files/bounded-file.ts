import { closeSync, writeSync } from 'node:fs'

export interface BoundedFile {
  write(bytes: Buffer): void
  close(): void
  readonly written: boolean // it exists: something came, and the disk took it
}

// A file that takes bytes as they come, up to a limit, and says at its end that there was more. It is made with the first byte, and a full
// disk ends it silently: what a guest prints must not end a job. create: opens it anew.
export const boundedFile = (create: () => number, maxBytes: number): BoundedFile => {
  let fd: number | undefined
  let open = true
  let written = false
  let left = maxBytes
  const close = (): void => {
    open = false
    const file = fd
    fd = undefined
    try {
      if (file !== undefined) closeSync(file)
    } catch {
      // a full disk behind a network says so only now
    }
  }
  return {
    get written() {
      return written
    },
    write: (bytes) => {
      if (!open || bytes.length === 0) return
      try {
        fd ??= create()
        writeAll(fd, bytes.subarray(0, left))
        if (bytes.length > left) writeAll(fd, Buffer.from(`\n[image-test: ${maxBytes} bytes are kept; what followed is not]\n`))
        written = true
        left -= bytes.length
        if (left < 0) close()
      } catch {
        close()
      }
    },
    close,
  }
}

const writeAll = (fd: number, bytes: Buffer): void => {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from)
}
