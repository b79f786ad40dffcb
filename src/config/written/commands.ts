// The inputs `commands` and `run`: tests without a job file.
import type { Location } from '../../results'
import { checkCommands } from './bash'
import type { Surroundings } from '../../host/checkout'
import { mostTests } from '../fields/test'
import type { Written } from './job-file'
import type { Report } from '../problems'
import { findInlineStep } from './workflow'

export interface WrittenCommand {
  readonly run: string
  readonly line: number // of the text, from 1
  readonly endLine: number
}

const comment = /^\s*#/
const continued = /(?<!\\)(?:\\\\)*\\$/

// One command per line without comments and empty lines; a line that ends in a backslash goes on in the next one.
export const splitCommands = (text: string): readonly WrittenCommand[] => {
  const commands: WrittenCommand[] = []
  let open: WrittenCommand | undefined
  for (const [index, line] of text.replaceAll('\r\n', '\n').split('\n').entries()) {
    const number = index + 1
    if (open === undefined && (line.trim() === '' || comment.test(line))) continue
    const command: WrittenCommand =
      open === undefined ? { run: line, line: number, endLine: number } : { ...open, run: `${open.run}\n${line}`, endLine: number }
    open = continued.test(line) ? command : undefined
    if (open === undefined) commands.push({ ...command, run: command.run.trimStart() })
  }
  return open === undefined ? commands : [...commands, open]
}

interface Inline extends Surroundings {
  readonly report: Report
  readonly warn: (text: string) => void
  readonly signal: AbortSignal
}

// A test for each command, at its own line of the workflow where that is known. Every line is parsed by bash, none is run.
export const readCommands = async (text: string, { report, warn, signal, ...surroundings }: Inline): Promise<Written> => {
  const commands = splitCommands(text)
  if (commands.length === 0) report('input commands: there is no command in it, only comments')
  if (commands.length > mostTests) {
    report(`input commands: there are ${commands.length} commands in it, and ${mostTests} are the most; use \`run\` for a long script`)
    return written(text, [])
  }
  const [step, checked] = await Promise.all([
    findInlineStep('commands', text, surroundings),
    checkCommands(
      commands.map(({ run }) => run),
      signal,
    ),
  ])
  const at = ({ line, endLine }: WrittenCommand) => step?.(line, endLine)
  if (checked === undefined) warn('bash is missing on this machine, so the lines of `commands` were not checked before the boot')
  commands.forEach((command, index) => {
    const complaint = continued.test(command.run) ? 'nothing follows the backslash' : checked?.[index]
    if (complaint === undefined || complaint === '') return
    report(`input commands: line ${command.line} is not a complete command; use \`run\` or a job file (${complaint})`, at(command))
  })
  return written(
    text,
    commands.map((command) => ({ run: command.run, location: at(command) })),
  )
}

// One script, one test.
export const readScript = async (text: string, surroundings: Surroundings): Promise<Written> => {
  const step = await findInlineStep('run', text, surroundings)
  return written(text, [{ run: text.replaceAll('\r\n', '\n'), location: step?.(1, text.trimEnd().split('\n').length) }])
}

type InlineTest = Pick<WrittenCommand, 'run'> & { readonly location: Location | undefined }

const written = (text: string, tests: readonly InlineTest[]): Written => ({
  text,
  job: { tests: tests.map(({ run, location }) => ({ value: { run }, ...(location === undefined ? {} : { location }) })) },
})
