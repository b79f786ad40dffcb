// The commands of the terminal and their options.
import { inputTable } from './inputs'

interface CommandLine {
  readonly usage: string
  readonly description: string
  readonly takesInputs?: true
  readonly flags: Readonly<Record<string, string>> // without a value; name and description
}

const json = 'Prints the result as JSON.'

export const commands = {
  run: {
    usage: 'image-test run [JOB.yml] [OPTIONS]',
    description: 'Boots an image and runs the tests of a job file, or the ones given with --commands or --run.',
    takesInputs: true,
    flags: { json, keep: 'Leaves the machine up and prints how to log in.' },
  },
  clean: {
    usage: 'image-test clean [--cache]',
    description: 'Removes what an interrupted run has left behind.',
    flags: { cache: 'Empties the cache of images as well, but for what a run uses.' },
  },
  doctor: { usage: 'image-test doctor [--json]', description: 'Tells what this machine has of what a run needs.', flags: { json } },
} as const satisfies Readonly<Record<string, CommandLine>>

export type CommandName = keyof typeof commands

export const commandLines: Readonly<Record<CommandName, CommandLine>> = commands

// Every option of a command, and whether a value follows it.
export const flagTakesValue = (command: CommandName): Readonly<Record<string, boolean>> => {
  const { flags, takesInputs } = commandLines[command]
  const inputs = takesInputs ? Object.entries(inputTable) : []
  return Object.fromEntries([
    ...inputs.map(([name, { type }]) => [name, type.placeholder !== ''] as const),
    ...Object.keys(flags).map((name) => [name, false] as const),
    ['help', false],
  ])
}
