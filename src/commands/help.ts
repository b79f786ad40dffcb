// The texts of --help, made from the same tables as everything else.
import { inputTable } from '../config/fields/inputs'
import type { CommandLine } from './command'
import { commands } from './table'

const width = 100
const column = 28

// All commands, one line each.
export const overview = async (): Promise<string> => {
  const lines = await Promise.all([...commands].map(async ([name, load]) => option(name, (await load()).description)))
  return [
    'Usage: image-test COMMAND [OPTIONS]',
    '',
    'Boots a cloud image and runs tests on it.',
    '',
    ...lines.flat(),
    '',
    ...option('--version', 'Prints the version.'),
    ...option('--help', 'Prints this help; after a command, the help of that command.'),
    '',
  ].join('\n')
}

// One command with its options.
export const help = ({ usage, description, inputs: names = [], flags }: CommandLine): string => {
  const inputs = Object.entries(inputTable).filter(([name]) => names.includes(name))
  return [
    `Usage: ${usage}`,
    '',
    ...wrap(description, width),
    '',
    ...inputs.flatMap(([name, input]) => {
      const value = input.type.placeholder === '' ? '' : ` ${input.type.placeholder}`
      return option(`--${name}${value}`, `${input.description}${input.default === undefined ? '' : ` Default: ${input.default}.`}`)
    }),
    ...Object.entries(flags).flatMap(([name, text]) => option(`--${name}`, text)),
    ...option('--help', 'Prints this help.'),
    '',
  ].join('\n')
}

const option = (name: string, description: string): readonly string[] => {
  const [first = '', ...more] = wrap(description.replaceAll('`', ''), width - column)
  const left = `  ${name}`
  const lines = left.length < column - 1 ? [left.padEnd(column) + first] : [left, ' '.repeat(column) + first]
  return [...lines, ...more.map((line) => ' '.repeat(column) + line)]
}

const wrap = (text: string, limit: number): readonly string[] =>
  text.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1)
    return last === undefined || last.length + 1 + word.length > limit ? [...lines, word] : [...lines.slice(0, -1), `${last} ${word}`]
  }, [])
