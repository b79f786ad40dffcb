// The tables of inputs, outputs and keys in README.md.
import { imageFields, machineFields } from '../../src/config/fields/image'
import { inputTable } from '../../src/config/fields/inputs'
import { findingsFields, jobFields, ruleFields } from '../../src/config/fields/job'
import { outputs } from '../../src/config/fields/outputs'
import { resolveOutputs } from '../../src/config/fields/resolve'
import { commonFields, expectFields, retryFields, testFields, untilFields } from '../../src/config/fields/test'
import { whenFields } from '../../src/config/fields/when'
import type { Fields } from '../../src/config/types/mapping'

const keyGroups: readonly (readonly [title: string, fields: Fields])[] = [
  ['The job file', jobFields],
  ['`image`', imageFields],
  ['`machine`', machineFields],
  ['`defaults`', commonFields],
  ['A test of `tests`, `setup` or `teardown`', testFields],
  ['`expect`', expectFields],
  ['`when`', whenFields],
  ['`retry`', retryFields],
  ['`xfail` and `continue-on-error`', untilFields],
  ['`findings`', findingsFields],
  ['A rule of `findings.ignore` or `findings.require`', ruleFields],
]

const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``)

// As prettier would align it, so that both agree on the file.
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = [head, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)))
  const aligned = cells.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)))
  const [first = [], ...others] = aligned
  return [first, widths.map((width) => '-'.repeat(width)), ...others].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const inputsTable = (): string =>
  table(
    ['input', 'key of the job file', 'default', 'meaning'],
    Object.entries(inputTable).map(([name, input]) => [code(name), code(input.overrides), code(input.default), input.description]),
  )

const outputsTable = (of: Readonly<Record<string, string>>): string =>
  table(
    ['output', 'meaning'],
    Object.entries(of).map(([name, description]) => [code(name), description]),
  )

const keyTables = (): string =>
  keyGroups
    .map(([title, fields]) => {
      const rows = Object.entries(fields).map(([key, field]) => [code(key), code(field.default), field.description])
      return `**${title}**\n\n${table(['key', 'default', 'meaning'], rows)}`
    })
    .join('\n\n')

// The README with fresh tables between its markers, such as <!-- inputs --> and <!-- /inputs -->. Markers that it lacks are passed over.
export const withTables = (readme: string): string =>
  Object.entries({
    inputs: inputsTable(),
    outputs: outputsTable(outputs),
    'resolve-outputs': outputsTable(resolveOutputs),
    'job-keys': keyTables(),
  }).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`),
        (_, start: string, end: string) => `${start}\n\n${content}\n\n${end}`,
      ),
    readme,
  )
