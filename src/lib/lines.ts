/* eslint-disable no-control-regex -- control characters are the subject here */
import { StringDecoder } from 'node:string_decoder'

// One line of a guest's console. Text is decoded as UTF-8 without its line end and without control sequences.
export interface Line {
  readonly atMs: number // clock time at which its last byte came
  readonly line: number // from 1
  readonly byte: number // offset of its first byte
  readonly text: string
  readonly truncated: boolean
}

// Firmware positions text with these instead of line ends: a cursor move to a new row ends the line.
const controls =
  /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Za-z0-9]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78cM]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g

export const stripControls = (text: string): string => text.replace(controls, '')

// Cuts a stream of bytes into lines of bounded length. A line over the limit is cut there and the rest of it dropped.
export const lineSplitter = (onLine: (line: Omit<Line, 'atMs'>) => void, maxChars = 4096) => {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  let truncated = false
  let count = 0
  let byte = 0
  let start = 0
  const emit = (): void => {
    count += 1
    onLine({ line: count, byte: start, text: stripControls(pending.replace(/\r+$/, '')), truncated })
    pending = ''
    truncated = false
  }
  const add = (text: string): void => {
    const room = maxChars - pending.length
    if (text.length > room) truncated = true
    pending += text.slice(0, Math.max(room, 0))
  }
  return {
    push(chunk: Uint8Array): void {
      const parts = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)).split('\n')
      parts.forEach((part, index) => {
        add(part)
        byte += Buffer.byteLength(part)
        if (index === parts.length - 1) return
        emit()
        byte += 1
        start = byte
      })
    },
    // What stands on the line that is not finished yet, such as a prompt.
    pending: () => stripControls(pending.replace(/\r+$/, '')),
    end(): void {
      add(decoder.end())
      if (pending !== '') emit()
    },
  }
}
