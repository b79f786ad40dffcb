// Reads the inputs that were given, whether they came from a workflow or the command line.
import { inputNames, inputTable, type GivenInputs } from './fields/inputs'
import type { Report } from './problems'
import { mustBe } from './types/wrong'
import { didYouMean, quote } from '../lib/wording'

// An empty text is an input that was not given, as GitHub has it.
export const readInputs = (inputs: Readonly<Record<string, string>>, report: Report): GivenInputs => {
  const given: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(inputs)) {
    const input = Object.hasOwn(inputTable, name) ? inputTable[name] : undefined
    if (input === undefined) {
      report(`unknown input ${quote(name)}${didYouMean(name, inputNames)}`)
    } else if (text !== '' && text.trim() === '') {
      report(`input ${name} is blank; it must be ${input.type.expected}`)
    } else if (text !== '') {
      const parsed = input.type.parse(text)
      if (parsed.ok) given[name] = parsed.value
      else report(`input ${name}: ${mustBe(input.type.expected, input.secret ? undefined : quote(text), parsed.because)}`)
    }
  }
  return given
}
