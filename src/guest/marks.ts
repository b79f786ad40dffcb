// Takes the wrapper's own words out of a stream: everything before `TOKEN CODE\n` is the command's, and nothing after it is.
export interface Mark {
  readonly word: string // 'leader', 'nowhere', or the exit code
  readonly value: string
}

export interface MarkedStream {
  push(chunk: Buffer): void
  end(): void // hands out what was held back
}

export const markedStream = (token: string, onData: (chunk: Buffer) => void, onMark: (mark: Mark) => void): MarkedStream => {
  const start = Buffer.from(`${token} `)
  let held: Buffer = Buffer.alloc(0)
  let closed = false
  const scan = (): void => {
    for (;;) {
      if (closed) {
        held = Buffer.alloc(0)
        return
      }
      const at = held.indexOf(start)
      if (at === -1) {
        const keep = overlap(held, start)
        give(held.length - keep)
        return
      }
      give(at)
      const end = held.indexOf(0x0a)
      if (end === -1) return
      const [word = '', value = ''] = held.subarray(start.length, end).toString('latin1').split(' ')
      held = held.subarray(end + 1)
      if (word !== 'leader') closed = true
      onMark({ word, value })
    }
  }
  const give = (bytes: number): void => {
    if (bytes > 0) onData(held.subarray(0, bytes))
    held = held.subarray(bytes)
  }
  return {
    push: (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      scan()
    },
    end: () => {
      if (!closed) give(held.length)
      closed = true
    },
  }
}

// How many bytes at the end of data could be the beginning of the token.
const overlap = (data: Buffer, token: Buffer): number => {
  for (let length = Math.min(data.length, token.length - 1); length > 0; length -= 1) {
    if (data.subarray(data.length - length).equals(token.subarray(0, length))) return length
  }
  return 0
}
