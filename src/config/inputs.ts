import { getInput } from '@actions/core'
import { inputTable } from './fields/inputs'

// The action's inputs that were given, by name. Blanks around a value are dropped where they cannot mean anything.
export const actionInputs = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(inputTable)
      .map(([name, { verbatim }]) => [name, getInput(name, { trimWhitespace: verbatim !== true })] as const)
      .filter(([, value]) => value !== ''),
  )
