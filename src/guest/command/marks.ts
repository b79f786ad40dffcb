// Takes our own words out of a stream of the guest. A mark is a line `TOKEN WORD VALUES`; the token is random and new for each command.
// What comes before the first mark was printed by the login shell, and nothing after the last one is the command's.
export interface Mark {
  readonly word: string // 'begin', 'leader', or one that ends the stream; '' when it is none of ours
  readonly values: readonly string[]
}

export interface MarkListener {
  readonly onBefore?: (chunk: Buffer) => void
  readonly onData: (chunk: Buffer) => void
  readonly onMark: (mark: Mark) => void
}

export interface MarkedStream {
  push(chunk: Buffer): void
  end(): void // hands out what was held back
}

// A path is the longest that a mark holds.
const maxMarkBytes = 4096 + 256
const goesOn: ReadonlySet<string> = new Set(['begin', 'leader'])

export const markedStream = (token: string, { onBefore, onData, onMark }: MarkListener): MarkedStream => {
  const start = Buffer.from(`${token} `)
  let held: Buffer = Buffer.alloc(0)
  let begun = false
  let closed = false
  const give = (bytes: number): void => {
    if (bytes > 0) (begun ? onData : onBefore)?.(held.subarray(0, bytes))
    held = held.subarray(bytes)
  }
  const take = (mark: Mark): void => {
    begun = true
    if (!goesOn.has(mark.word)) closed = true
    onMark(mark)
  }
  const scan = (): void => {
    while (!closed) {
      const at = held.indexOf(start)
      if (at === -1) {
        give(held.length - overlap(held, start))
        return
      }
      give(at)
      const end = held.indexOf(0x0a)
      if (end === -1 && held.length <= maxMarkBytes) return
      const [word = '', ...values] = end === -1 ? [] : held.subarray(start.length, end).toString('latin1').split(' ')
      held = held.subarray(end + 1)
      take({ word, values })
    }
    held = Buffer.alloc(0)
  }
  return {
    push: (chunk) => {
      if (closed) return
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
