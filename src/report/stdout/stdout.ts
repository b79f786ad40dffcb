// The single writer to stdout.
import type { Writable } from 'node:stream'
import { wantsColour } from './colours'
import type { Output } from './output'
import { runnerOutput } from './runner-output'
import { terminalOutput } from './terminal-output'

type Stdout = Pick<Writable, 'write' | 'on'> & { readonly isTTY?: boolean; readonly columns?: number }

// onRunner: fences and groups for the log of a GitHub runner, which shows colours; else a terminal's manners, by what stdout is.
export const openStdout = (
  onRunner: boolean,
  stdout: Stdout = process.stdout,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Output => {
  const write = writerTo(stdout)
  const tty = stdout.isTTY === true
  return onRunner
    ? runnerOutput({ write, colour: wantsColour(true, env) })
    : terminalOutput({ write, tty, colour: wantsColour(tty, env), columns: () => stdout.columns ?? 80 })
}

// Whoever reads may stop reading (`image-test run | head`); the run goes on and its report is written.
const writerTo = (stdout: Stdout) => {
  let open = true
  stdout.on('error', () => {
    open = false
  })
  return (text: string): void => {
    if (open) stdout.write(text)
  }
}
