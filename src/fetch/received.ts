import type { Readable } from 'node:stream'

const highBytes = 1024 * 1024
const lowBytes = 256 * 1024

// The bytes of a stream that may break, to its last one. A stream drops what it holds when its connection breaks, an iterator over it even
// what came before that in the same moment; here it is handed out first and the failure after it, so that a resumed download loses nothing.
// Begins to receive at once, up to 1 MiB ahead.
export const received = (stream: Readable): AsyncIterable<Buffer> => {
  const chunks: Buffer[] = []
  let heldBytes = 0
  let over: { readonly failure?: unknown } | undefined
  let wake: () => void = () => undefined
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    heldBytes += chunk.length
    if (heldBytes > highBytes) stream.pause()
    wake()
  })
  const end = (ending: { readonly failure?: unknown }): void => {
    over ??= ending
    wake()
  }
  stream.on('end', () => {
    end({})
  })
  stream.on('error', (failure: unknown) => {
    end({ failure })
  })
  stream.on('close', () => {
    end({ failure: Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }) })
  })
  return (async function* () {
    for (;;) {
      const chunk = chunks.shift()
      if (chunk !== undefined) {
        heldBytes -= chunk.length
        if (heldBytes < lowBytes && stream.isPaused()) stream.resume()
        yield chunk
      } else if (over === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else if ('failure' in over) throw over.failure
      else return
    }
  })()
}
