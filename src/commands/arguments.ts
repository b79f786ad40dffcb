// The terminal command's arguments.
import { parseArgs } from 'node:util'
import { inputTable, takesValue } from '../config/fields/inputs'
import { collectProblems, type Report } from '../config/problems'
import { didYouMean, quote } from '../lib/wording'
import { printResult } from '../report/stdout/print-result'
import { version } from '../run/version'
import type { CommandCall, Command, CommandLine, GivenWords } from './command'
import { help, overview } from './help'
import { commands } from './table'
import { workingFolder } from './working-folder'

// What to do.
export interface Arguments extends CommandCall {
  readonly command: string // its name, or 'help' or 'version'
}

// Reads the arguments after the program's name. Throws a ConfigError with everything that is wrong with them.
export const parseArguments = async (argv: readonly string[]): Promise<Arguments> => {
  const [first, ...rest] = argv
  if (first === '--version') return { command: 'version', ...telling(version) }
  if (first === undefined || first === '--help' || first === '-h') return { command: 'help', ...telling(await overview()) }
  const problems = collectProblems()
  const load = commands.get(first)
  if (load === undefined) {
    if (first === 'help') return { command: 'help', ...telling(await helpOn(rest[0])) }
    const known = [...commands.keys(), 'help']
    problems.report(
      `unknown ${first.startsWith('-') ? 'option' : 'command'} ${quote(first)}${didYouMean(first, known)}; image-test --help lists the commands`,
    )
    problems.stop()
    throw new RangeError('a problem is told')
  }
  const command = await load()
  const given = readFlags(command, rest, problems.report)
  if (given.flags.has('help')) return { command: 'help', ...telling(help(command)) }
  const asked = command.read(given, problems.report)
  problems.stop()
  return { command: first, args: asked.args, execute: () => inFolder(asked.execute) }
}

const helpOn = async (name: string | undefined): Promise<string> => {
  const command = await commands.get(name ?? '')?.()
  return command === undefined ? overview() : help(command)
}

const telling = (text: string): CommandCall => ({
  args: { text },
  execute: async () => {
    await printResult(text)
    return 0
  },
})

// What a command starts begins there as well.
const inFolder = (execute: CommandCall['execute']): Promise<number> => {
  workingFolder()
  return execute()
}

// Every option of a command, and whether a value follows it.
const flagsOf = ({ flags, inputs = [] }: CommandLine): Readonly<Record<string, boolean>> =>
  Object.fromEntries([
    ...inputs.map((name) => [name, takesValue(name)] as const),
    ...Object.keys(flags).map((name) => [name, false] as const),
    ['help', false],
  ])

const readFlags = (command: Command, argv: readonly string[], report: Report): GivenWords => {
  const options = flagsOf(command)
  const known = Object.keys(options)
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(known.map((name) => [name, { type: options[name] === true ? 'string' : 'boolean' } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, value, rawName, inlineValue } = token
    const takesValue = Object.hasOwn(options, name) ? options[name] : undefined
    const before = flags.get(name)
    const input = Object.hasOwn(inputTable, name) ? inputTable[name] : undefined
    const joinedBy = input?.joinedBy
    if (name === 'h') flags.set('help', 'true')
    else if (takesValue === undefined) report(`unknown option ${quote(rawName)}${didYouMean(name, known, (word) => `\`--${word}\``)}`)
    else if (before !== undefined && joinedBy === undefined) report(`${rawName} is given twice`)
    else if (!takesValue && value !== undefined && input === undefined) report(`${rawName} takes no value`)
    else if (!takesValue) flags.set(name, value ?? 'true')
    else if (value === undefined || (!inlineValue && value.startsWith('--')))
      report(`${rawName} needs a value${value === undefined ? '' : `; if ${quote(value)} is one, write ${rawName}=${value}`}`)
    else flags.set(name, before === undefined || joinedBy === undefined ? value : `${before}${joinedBy}${value}`)
  }
  return { flags, positionals }
}
