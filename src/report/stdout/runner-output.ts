import { randomBytes } from 'node:crypto'
import { colours } from './colours'
import { notACommand, workflowCommand } from './commands'
import { guestLines } from './guest-lines'
import type { Output } from './output'
import { ownLines } from './own-lines'

export interface RunnerOutputOptions {
  readonly write: (text: string) => void
  readonly colour: boolean
  readonly token?: () => string
}

// Waiting lines cannot be overwritten in a runner's log, so few of them are written.
const waitingEveryMs = 10_000

// For the log of a GitHub runner. Guest bytes stand between ::stop-commands::TOKEN and ::TOKEN::, with a token of their own each time,
// which nothing in the guest ever sees. Every line of theirs begins with a gutter: the runner applies the problem matchers that earlier
// steps registered to these lines too, they can be removed but not put back for the steps that follow, and most of the usual ones
// match from the start of a line only.
export const runnerOutput = ({ write, colour, token = () => randomBytes(16).toString('hex') }: RunnerOutputOptions): Output => {
  const paint = colours(colour)
  let fence: string | undefined
  let grouped = false
  let waitedAtMs = -Infinity
  const endFence = (): void => {
    if (fence !== undefined) write(`::${fence}::\n`)
    fence = undefined
  }
  const lines = guestLines()
  const writeFenced = (guest: readonly string[]): void => {
    if (guest.length === 0) return
    const text = `${guest.join('\n')}\n`
    const compared = text.toLowerCase() // as the runner compares tokens
    if (fence !== undefined && compared.includes(fence)) endFence()
    if (fence === undefined) {
      do fence = token()
      while (compared.includes(fence))
      write(`::stop-commands::${fence}\n`)
    }
    write(text)
  }
  const command: Output['command'] = (name, properties, message) => {
    endFence()
    write(`${workflowCommand(name, properties, message)}\n`)
  }
  const endGroup = (): void => {
    endFence()
    if (grouped) write('::endgroup::\n')
    grouped = false
  }
  const line = (text: string): void => {
    endFence()
    for (const own of ownLines(text)) write(`${notACommand(own)}\n`)
  }
  return {
    colours: paint,
    group: (title) => {
      endGroup()
      command('group', {}, ownLines(title).join(' '))
      grouped = true
      waitedAtMs = -Infinity
    },
    endGroup,
    heading: (title) => {
      endGroup()
      line(paint.bold(title))
    },
    line,
    guest: (text, source) => {
      writeFenced(lines.push(text, source))
    },
    endGuest: (source) => {
      writeFenced(lines.end(source))
    },
    waiting: (text, atMs) => {
      if (atMs - waitedAtMs < waitingEveryMs) return
      waitedAtMs = atMs
      line(`  … ${text}`)
    },
    command,
    close: endGroup,
  }
}
