import { stripControls, terminalRows } from './terminal'

export { stripControls }

// One line of a guest's console. Text is decoded as UTF-8 without its line end and without control sequences.
export interface Line {
  readonly atMs: number // clock time at which its last byte came
  readonly line: number // from 1; counts line feeds, so it is the number in the stored console. Rows of one screen share it.
  readonly byte: number // offset of the line's first byte
  readonly text: string
  readonly truncated: boolean
}

const lineFeed = 0x0a

// Cuts a stream of bytes into lines of bounded length: of what is longer, the start and the end stay. Holds at most about eight times
// maxChars, whatever comes.
export const lineSplitter = (onLine: (line: Omit<Line, 'atMs'>) => void, maxChars = 4096) => {
  const held = heldBytes(maxChars * 4) // control sequences need room too, and a character takes up to four bytes
  let count = 1
  let byte = 0
  let start = 0
  const emit = (raw: string, cut: boolean): void => {
    for (const row of terminalRows(raw)) {
      onLine({ line: count, byte: start, text: shorten(row, maxChars), truncated: cut || row.length > maxChars })
    }
  }
  return {
    push(chunk: Uint8Array): void {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let from = 0
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
        if (held.size === 0 && end - from <= maxChars) {
          emit(bytes.toString('utf8', from, end), false)
        } else {
          held.add(bytes.subarray(from, end))
          emit(held.text(), held.cut)
          held.clear()
        }
        from = end + 1
        count += 1
        start = byte + from
      }
      held.add(bytes.subarray(from))
      byte += bytes.length
    },
    // What stands on the line that is not finished yet, such as a prompt.
    pending: () => (held.size === 0 ? '' : shorten(terminalRows(held.text()).at(-1) ?? '', maxChars)),
    end(): void {
      if (held.size > 0) emit(held.text(), held.cut)
      held.clear()
    },
  }
}

const gap = ' … '

const shorten = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text
  const half = Math.floor((maxChars - gap.length) / 2)
  return text.slice(0, half) + gap + text.slice(-half)
}

// The bytes of a line whose end has not come: all of them up to a limit, then the first and the last ones, so that a prompt
// after megabytes of a progress bar is still seen.
const heldBytes = (limit: number) => {
  const half = Math.floor(limit / 2)
  let head: Buffer[] = []
  let headBytes = 0
  let tail: Buffer[] = []
  let tailBytes = 0
  let cut = false
  const keepEnd = (): void => {
    const all = Buffer.concat(tail)
    if (all.length > half) cut = true
    tail = [Buffer.from(all.subarray(Math.max(all.length - half, 0)))]
    tailBytes = Math.min(all.length, half)
  }
  return {
    get size() {
      return headBytes + tailBytes
    },
    get cut() {
      return cut
    },
    add(bytes: Buffer): void {
      if (bytes.length === 0) return
      const first = bytes.subarray(0, Math.max(half - headBytes, 0))
      if (first.length > 0) head.push(Buffer.from(first)) // a copy: the caller may use its chunk again
      headBytes += first.length
      if (head.length > 512) head = [Buffer.concat(head)]
      const rest = bytes.subarray(first.length)
      if (rest.length === 0) return
      const last = rest.subarray(Math.max(rest.length - half, 0))
      if (last.length < rest.length) cut = true
      tail.push(Buffer.from(last))
      tailBytes += last.length
      if (tailBytes > limit || tail.length > 512) keepEnd()
    },
    text: () => {
      if (tailBytes > half) keepEnd()
      return cut ? Buffer.concat(head).toString() + gap + Buffer.concat(tail).toString() : Buffer.concat([...head, ...tail]).toString()
    },
    clear(): void {
      head = []
      tail = []
      headBytes = 0
      tailBytes = 0
      cut = false
    },
  }
}
