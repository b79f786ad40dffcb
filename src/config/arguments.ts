// The terminal command's arguments.
import { parseArgs } from 'node:util'
import { commands, flagTakesValue, type CommandName } from './fields/commands'
import { inputTable } from './fields/inputs'
import { help, overview } from './help'
import { collectProblems, type Report } from './problems'
import { didYouMean, quote } from '../lib/wording'

// What to do. `inputs` is what loadJob takes.
export type Arguments =
  | { readonly command: 'run'; readonly inputs: Readonly<Record<string, string>>; readonly json: boolean; readonly keep: boolean }
  | { readonly command: 'clean'; readonly cache: boolean }
  | { readonly command: 'resolve'; readonly inputs: Readonly<Record<string, string>>; readonly json: boolean }
  | { readonly command: 'doctor'; readonly json: boolean }
  | { readonly command: 'explain'; readonly file: string; readonly accelerator: 'kvm' | 'tcg'; readonly json: boolean }
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' }

// Reads the arguments after the program's name. Throws a ConfigError with everything that is wrong with them.
export const parseArguments = (argv: readonly string[]): Arguments => {
  const [first, ...rest] = argv
  if (first === undefined || first === '--help' || first === '-h') return { command: 'help', text: overview() }
  if (first === '--version') return { command: 'version' }
  const problems = collectProblems()
  const command = commandNames.find((name) => name === first)
  if (command === undefined) {
    const known = [...commandNames, 'help']
    if (first === 'help') return { command: 'help', text: rest[0] !== undefined && isCommand(rest[0]) ? help(rest[0]) : overview() }
    problems.report(
      `unknown ${first.startsWith('-') ? 'option' : 'command'} ${quote(first)}${didYouMean(first, known)}; image-test --help lists the commands`,
    )
    problems.stop()
  }
  const name = command ?? 'run'
  const { flags, positionals } = readFlags(name, rest, problems.report)
  if (flags.has('help')) return { command: 'help', text: help(name) }
  const inputs = name === 'run' ? withJobFile(flags, positionals, problems.report) : withName(name, flags, positionals, problems.report)
  if (name === 'clean' || name === 'doctor') for (const extra of positionals) problems.report(`image-test ${name} takes no ${quote(extra)}`)
  const explained = name === 'explain' ? consoleOf(flags, positionals, problems.report) : undefined
  problems.stop()
  const json = flags.get('json') === 'true'
  switch (name) {
    case 'run':
      return { command: name, inputs, json, keep: flags.get('keep') === 'true' }
    case 'resolve':
      return { command: name, inputs, json }
    case 'doctor':
      return { command: name, json }
    case 'explain':
      return { command: name, file: '-', accelerator: 'kvm', ...explained, json }
    case 'clean':
      return { command: name, cache: flags.get('cache') === 'true' }
  }
}

const commandNames = Object.keys(commands) as readonly CommandName[]
const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name)

const readFlags = (command: CommandName, argv: readonly string[], report: Report) => {
  const options = flagTakesValue(command)
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

// What follows `explain` is a file, and the machine is taken for one with KVM.
const consoleOf = (flags: ReadonlyMap<string, string>, [file, ...others]: readonly string[], report: Report) => {
  const { accelerator = 'kvm' } = Object.fromEntries(flags)
  for (const extra of others) report(`image-test explain takes one file; ${quote(extra)} is one too many`)
  if (file === undefined) report('image-test explain needs the file of a console, such as console.log of a report, or - for standard input')
  if (accelerator !== 'kvm' && accelerator !== 'tcg') report(`--accelerator of explain is kvm or tcg, not ${quote(accelerator)}`)
  return { file: file ?? '-', accelerator: accelerator === 'tcg' ? ('tcg' as const) : ('kvm' as const) }
}

// What follows `resolve` is the input `image`.
const withName = (
  command: CommandName,
  flags: ReadonlyMap<string, string>,
  [image, ...others]: readonly string[],
  report: Report,
): Readonly<Record<string, string>> => {
  if (command !== 'resolve') return {}
  for (const extra of others) report(`image-test resolve takes one name; ${quote(extra)} is one too many`)
  if (image === undefined) report('image-test resolve needs the name of an image, such as fedora:44')
  return Object.fromEntries([...[...flags].filter(([name]) => Object.hasOwn(inputTable, name)), ['image', image ?? '']])
}

// The file that follows `run` is the input `config`.
const withJobFile = (
  flags: ReadonlyMap<string, string>,
  positionals: readonly string[],
  report: Report,
): Readonly<Record<string, string>> => {
  const [config, ...others] = positionals
  for (const extra of others) report(`image-test run takes one job file; ${quote(extra)} is one too many`)
  if (config !== undefined && flags.has('config')) report(`the job file is given twice, as ${quote(config)} and with --config`)
  const inputs = Object.fromEntries([...flags].filter(([name]) => Object.hasOwn(inputTable, name)))
  return config === undefined ? inputs : { ...inputs, config }
}
