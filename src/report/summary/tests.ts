import { plural } from '../../lib/wording'
import type { Location, RunResult, TestResult } from '../../results'
import { code, folded, link, table, markdownText } from '../words/markdown'
import { durationText, oneLine } from '../words/text'
import { look, why, type Look } from '../words/verdicts'

const allRows = 200 // a longer table shows what did not pass first, and folds the rest
const foldedRows = 1000
const tableBytes = 200 * 1024
const marks: Readonly<Record<Look, string>> = { good: '✅', bad: '❌', warned: '⚠️', quiet: '⚪' }

// Every test with its duration, in the order in which they are declared.
export const testsTable = ({ tests, machines, source }: RunResult, serverUrl?: string): readonly string[] => {
  if (tests.length === 0) return []
  const many = machines.length > 1
  const header = ['', 'Test', ...(many ? ['Machine'] : []), 'Where', 'Time']
  const row = (test: TestResult): readonly string[] => [
    marks[look(test)],
    `${nameOf(test)}${remark(test)}`,
    ...(many ? [code(test.machine ?? '')] : []),
    where(test.location, source, serverUrl),
    test.durationMs === 0 ? '' : durationText(test.durationMs).replaceAll(' ', '&nbsp;'),
  ]
  const draw = (shown: readonly TestResult[], maxRows: number): string => {
    const rows = withinBytes(shown.slice(0, maxRows).map(row), tableBytes)
    const more = shown.length - rows.length
    return `${table(header, rows, [many ? 4 : 3])}${more > 0 ? `\n\nand ${more} more, in results.json` : ''}`
  }
  if (tests.length <= allRows) return ['### Tests', draw(tests, allRows)]
  const notable = tests.filter((test) => look(test) !== 'good')
  const good = tests.filter((test) => look(test) === 'good')
  return [
    '### Tests',
    ...(notable.length === 0 ? [] : [draw(notable, allRows)]),
    ...(good.length === 0 ? [] : [folded(`${plural(good.length, 'test')} passed`, draw(good, foldedRows))]),
  ]
}

const withinBytes = (rows: readonly (readonly string[])[], bytes: number): readonly (readonly string[])[] => {
  let left = bytes
  return rows.filter((cells) => (left -= Buffer.byteLength(cells.join(' | '))) >= 0)
}

// A command looks like one; a name in words does not.
const nameOf = (test: TestResult): string => (isCommand(test) ? code(test.name, 120) : markdownText(test.name, 120))

export const isCommand = ({ name, command }: TestResult): boolean => command !== undefined && oneLine(command) === oneLine(name)

const remark = (test: TestResult): string => {
  const { gating, part, cases } = test
  const words = [
    part === 'tests' ? '' : part,
    markdownText(why(test), 300),
    gating ? '' : 'does not gate',
    cases.length === 0 ? '' : plural(cases.length, 'case'),
  ].filter((word) => word !== '')
  return words.length === 0 ? '' : `<br><sub>${words.join(' · ')}</sub>`
}

// FILE:LINE, as a link where the repository and the commit are known.
export const where = (location: Location | undefined, { repository, commit }: RunResult['source'], serverUrl?: string): string => {
  if (location === undefined) return ''
  const { file, line, inCheckout } = location
  const place = code(`${file.split('/').at(-1) ?? file}:${line}`, 80)
  if (!inCheckout || repository === undefined || commit === undefined || serverUrl === undefined) return place
  return link(place, `${serverUrl}/${repository}/blob/${commit}/${file}#L${line}`)
}
