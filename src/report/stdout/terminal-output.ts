import { colours } from './colours'
import { guestLines } from './guest-lines'
import type { Output } from './output'
import { ownLines } from './own-lines'
import { durationText, oneLine } from '../words/text'

export interface TerminalOutputOptions {
  readonly write: (text: string) => void
  readonly colour: boolean
  readonly tty: boolean
  readonly columns: () => number
  readonly now?: () => number
}

const waitingEveryMs = 10_000 // where a line cannot be overwritten
const clearLine = '\r\x1b[2K'

// For a terminal: what is being waited for stands on the last line, with the seconds it takes. Written to a file or a pipe, it is plain
// text. A guest cannot drive the terminal: its control sequences are taken out.
export const terminalOutput = (options: TerminalOutputOptions): Output => {
  const { write, colour, tty, now = () => performance.now() } = options
  const paint = colours(colour)
  let waiting: { readonly text: string; readonly sinceMs: number } | undefined
  let printedAtMs = -Infinity
  let timer: NodeJS.Timeout | undefined
  const show = (): void => {
    if (!waiting) return
    const elapsedMs = now() - waiting.sinceMs
    const elapsed = elapsedMs < 1000 ? '' : `  ${durationText(Math.floor(elapsedMs / 1000) * 1000).replace('.0 s', ' s')}`
    write(`${clearLine}${paint.dim(`  ${oneLine(waiting.text, Math.max(options.columns() - elapsed.length - 4, 10))}${elapsed}`)}`)
  }
  const hide = (): void => {
    if (waiting && tty) write(clearLine)
    waiting = undefined
    clearInterval(timer)
    timer = undefined
  }
  // Lines go above the one that is overwritten.
  const print = (text: string): void => {
    if (!waiting || !tty) {
      write(text)
      return
    }
    write(clearLine + text)
    show()
  }
  const line = (text: string): void => {
    print(
      ownLines(text)
        .map((own) => `${own}\n`)
        .join(''),
    )
  }
  const heading = (title: string): void => {
    hide()
    line(`\n${paint.bold(title)}`)
    printedAtMs = -Infinity
  }
  const lines = guestLines()
  const printGuest = (guest: readonly string[]): void => {
    if (guest.length > 0) print(guest.map((text) => `${paint.dim(text)}\n`).join(''))
  }
  return {
    colours: paint,
    group: heading,
    endGroup: hide,
    heading,
    line,
    guest: (text, source) => {
      printGuest(lines.push(text, source))
    },
    endGuest: (source) => {
      printGuest(lines.end(source))
    },
    waiting: (text, atMs) => {
      if (tty) {
        if (waiting?.text !== text) waiting = { text, sinceMs: now() }
        timer ??= setInterval(show, 1000).unref()
        show()
      } else if (atMs - printedAtMs >= waitingEveryMs) {
        printedAtMs = atMs
        line(`  … ${text}`)
      }
    },
    command: () => undefined,
    close: hide,
  }
}
