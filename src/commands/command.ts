// A command of the terminal stands in one file of this folder: its flags, its help, what it does and the exit codes it ends with.
import { inputTable } from '../config/fields/inputs'
import type { Report } from '../config/problems'
import { quote } from '../lib/wording'

export interface CommandLine {
  readonly usage: string
  readonly description: string
  readonly inputs?: readonly string[] // that it takes as flags
  readonly flags: Readonly<Record<string, string>> // without a value; name and description
}

// What followed its name.
export interface GivenWords {
  readonly flags: ReadonlyMap<string, string> // 'true' for one without a value
  readonly positionals: readonly string[]
}

export interface Command extends CommandLine {
  readonly read: (given: GivenWords, report: Report) => CommandCall // reports what is wrong; then nothing is executed
}

// What it is asked for, and what that does until its exit code is known.
export interface CommandCall {
  readonly args: object
  readonly execute: () => Promise<number>
}

interface Definition<Args extends object> extends CommandLine {
  readonly read: (given: GivenWords, report: Report) => Args
  readonly execute: (args: Args) => Promise<number>
}

export const command = <Args extends object>({ read, execute, ...line }: Definition<Args>): Command => ({
  ...line,
  read: (given, report) => {
    const args = read(given, report)
    return { args, execute: () => execute(args) }
  },
})

export const jsonFlag = 'Prints the result as JSON.'

export const isOn = ({ flags }: GivenWords, name: string): boolean => flags.get(name) === 'true'

// Those flags that are inputs of the action as well.
export const inputsAmong = ({ flags }: GivenWords): Readonly<Record<string, string>> =>
  Object.fromEntries([...flags].filter(([name]) => Object.hasOwn(inputTable, name)))

export const refuseWords = (name: string, { positionals }: GivenWords, report: Report): void => {
  for (const extra of positionals) report(`image-test ${name} takes no ${quote(extra)}`)
}
