// The tables of docs/reference.md.
import { commands } from '../../src/commands/table'
import { imageFields, machineFields } from '../../src/config/fields/image'
import { inputTable } from '../../src/config/fields/inputs'
import { findingsFields, jobFields, ruleFields } from '../../src/config/fields/job'
import { outputs } from '../../src/config/fields/outputs'
import { resolveOutputs } from '../../src/config/fields/resolve'
import { commonFields, expectFields, retryFields, testFields, untilFields } from '../../src/config/fields/test'
import { whenFields } from '../../src/config/fields/when'
import type { Fields } from '../../src/config/types/mapping'

const commandLines = await Promise.all([...commands.values()].map((load) => load()))

const common: Fields = commonFields
const test: Fields = testFields
const isShared = (name: string): boolean => common[name] === test[name]

const part = (fields: Fields, wanted: (name: string) => boolean): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)))

// What stands where in a job file. A key that means the same in two places is one row.
const keys: readonly (readonly [places: readonly string[], fields: Fields])[] = [
  [[''], jobFields],
  [['image.'], imageFields],
  [['machine.'], machineFields],
  [['tests[].'], part(test, (name) => !isShared(name))],
  [['defaults.'], part(common, (name) => !isShared(name))],
  [['tests[].', 'defaults.'], part(common, isShared)],
  [['tests[].expect.'], expectFields],
  [['tests[].when.'], whenFields],
  [['tests[].retry.'], retryFields],
  [['tests[].xfail.', 'tests[].continue-on-error.'], untilFields],
  [['findings.'], findingsFields],
  [['findings.ignore[].', 'findings.require[].'], ruleFields],
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

// Each input beside the key that it overrides; the inputs that no key stands beside come last.
const optionsTable = (): string => {
  const inputs = Object.entries(inputTable)
  const alone = inputs.filter(([, { overrides }]) => overrides === undefined)
  const beside = new Map(inputs.map(([name, { overrides }]) => [overrides, name]))
  return table(
    ['input', 'key of the job file', 'default', 'meaning'],
    [
      ...keys.flatMap(([places, fields]) =>
        Object.entries(fields).map(([name, field]) => {
          const paths = places.map((place) => `${place}${name}`)
          return [code(beside.get(paths.join())), paths.map(code).join(', '), code(field.default), field.description]
        }),
      ),
      ...alone.map(([name, input]) => [code(name), '', code(input.default), input.description]),
    ],
  )
}

const outputsTable = (of: Readonly<Record<string, string>>): string =>
  table(
    ['output', 'meaning'],
    Object.entries(of).map(([name, description]) => [code(name), description]),
  )

const commandsTable = (): string =>
  table(
    ['command', 'meaning'],
    commandLines.map(({ usage, description }) => [code(usage), description]),
  )

// The page with fresh tables between its markers, such as <!-- options --> and <!-- /options -->. Markers that it lacks are passed over.
export const withTables = (page: string): string =>
  Object.entries({
    options: optionsTable(),
    outputs: outputsTable(outputs),
    'resolve-outputs': outputsTable(resolveOutputs),
    commands: commandsTable(),
  }).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`),
        (_, start: string, end: string) => `${start}\n\n${content}\n\n${end}`,
      ),
    page,
  )
