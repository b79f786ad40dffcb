// npm run faults [-- WORD…] [--list] [--quick] [--busy] [--times N] [--latency [N]] [--json FILE]: carries out the fault table, or the rows
// that hold every word, with real machines and prints which verdict was expected and which was reported.
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { confusionMatrix } from '../__tests__/e2e/faults/matrix'
import { runRow } from '../__tests__/e2e/faults/run-row'
import type { Outcome, Row } from '../__tests__/e2e/faults/row'
import { table } from '../__tests__/e2e/faults/table'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    times: { type: 'string', default: '1' },
  },
})

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const label = ({ group, name }: Row): string => `${group}: ${name}`
const rows = table.filter((row) => (row.quick || !values.quick) && positionals.every((word) => label(row).includes(word)))

const ran: { row: Row; outcome: Outcome }[] = []
for (const row of values.list ? [] : rows) {
  const reason = row.unless?.()
  if (reason !== undefined) {
    print(`- ${label(row)}: not on this host: ${reason}`)
    continue
  }
  for (let time = 1; time <= Number(values.times); time += 1) {
    const outcome = await runRow(row)
    ran.push({ row, outcome })
    const { reported, differences, seconds, reactMs, peakBytes } = outcome
    const reaction = reactMs === undefined ? '' : `, told after ${(reactMs / 1000).toFixed(1)} s`
    print(
      `${differences.length === 0 ? '✓' : '✗'} ${label(row)}: ${reported} (${seconds.toFixed(1)} s${reaction}, ${Math.round(peakBytes / 2 ** 20)} MiB)`,
    )
    for (const difference of differences) print(`    ${difference}`)
    if (differences.length > 0)
      print(
        outcome.log
          .split('\n')
          .slice(-40)
          .map((line) => `    | ${line}`)
          .join('\n'),
      )
    if (values.json !== undefined) {
      appendFileSync(
        values.json,
        `${JSON.stringify({ group: row.group, name: row.name, expected: row.expected.verdict, reported, differences, seconds, reactMs, peakBytes })}\n`,
      )
    }
  }
}
if (values.list) for (const row of rows) print(`${row.quick ? 'quick' : '     '} ${row.expected.verdict.padEnd(12)} ${label(row)}`)
else {
  print(confusionMatrix(ran.map(({ row, outcome }) => ({ expected: row.expected.verdict, reported: outcome.reported }))))
  const wrong = ran.filter(({ outcome }) => outcome.differences.length > 0)
  print(`${ran.length} runs of ${rows.length} rows, ${wrong.length} not as expected`)
  process.exitCode = wrong.length === 0 && ran.length > 0 ? 0 : 1
}
process.exit()
