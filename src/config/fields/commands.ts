// The commands of the terminal and their options.
import { inputNames, inputTable } from './inputs'
import { resolveInputs } from './resolve'

interface CommandLine {
  readonly usage: string
  readonly description: string
  readonly inputs?: readonly string[] // that it takes as flags
  readonly flags: Readonly<Record<string, string>> // without a value; name and description
}

const json = 'Prints the result as JSON.'

export const commands = {
  run: {
    usage: 'image-test run [JOB.yml] [OPTIONS]',
    description: 'Boots an image and runs the tests of a job file, or the ones given with --commands or --run.',
    inputs: inputNames,
    flags: { json, keep: 'Leaves the machine up and prints how to log in.' },
  },
  resolve: {
    usage: 'image-test resolve NAME [OPTIONS]',
    description: 'Tells where an image is, its digest, who vouches for it and who logs in, without fetching it.',
    inputs: resolveInputs.filter((name) => name !== 'image'),
    flags: { json },
  },
  explain: {
    usage: 'image-test explain CONSOLE.log [--json] [--accelerator kvm|tcg]',
    description: 'Tells of a stored console, or of standard input (-), what a run would have told: verdict, sentence, stage, findings.',
    inputs: ['accelerator'],
    flags: { json },
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
  const { flags, inputs = [] } = commandLines[command]
  return Object.fromEntries([
    ...inputs.map((name) => [name, inputTable[name]?.type.placeholder !== ''] as const),
    ...Object.keys(flags).map((name) => [name, false] as const),
    ['help', false],
  ])
}
