// npm run faults [-- WORD…]: carries out the fault table, or its rows that hold every word, on real machines, and prints which verdict was
// expected and which was reported: each row once, then those about hosts and images three times each while both cores are kept busy.
//   --list  --quick: those of `npm test`  --times N  --jobs N: so many rows at a time  --json FILE: a line for each run is added to it
//   --calm: all rows once, and no more  --busy: only what is done while both cores are busy
//   --latency: those whose verdict has to come within two seconds, twenty times each
//   --matrix FILE: carries out nothing, and prints the matrix of what --json wrote
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { confusionMatrix, type Judged } from '../__tests__/e2e/faults/matrix'
import { runRow } from '../__tests__/e2e/faults/run-row'
import type { Outcome, Row } from '../__tests__/e2e/faults/row'
import { table } from '../__tests__/e2e/faults/table'

const { values: asked, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    calm: { type: 'boolean', default: false },
    busy: { type: 'boolean', default: false },
    latency: { type: 'boolean', default: false },
    times: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    json: { type: 'string' },
    matrix: { type: 'string' },
  },
})

const busySlack = 4 // several rows and two programs besides, on two cores
const latencyLimitMs = 2000 // of 95 in 100

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const label = ({ group, name }: Row): string => `${group}: ${name}`
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const wanted = (row: Row): boolean =>
  (row.quick || !asked.quick) && (row.latency !== undefined || !asked.latency) && words.every((word) => label(row).includes(word))

// Whose fault is it? What a busy host must not change.
const ofHostOrImage = ({ group }: Row): boolean => group === 'host' || group === 'downloads' || group === 'boot'

interface Ran {
  readonly row: Row
  readonly outcome: Outcome
}

const carryOut = async (row: Row, busy: boolean): Promise<Ran> => {
  const outcome = await runRow(row, busy ? busySlack : 1)
  const { reported, differences, reactMs, peakBytes, log } = outcome
  const told = reactMs === undefined || row.expected.reactSeconds === undefined ? '' : `, told after ${seconds(reactMs)}`
  const facts = `${seconds(outcome.seconds * 1000)}${told}, ${Math.round(peakBytes / 2 ** 20)} MiB`
  print(`${differences.length === 0 ? '✓' : '✗'} ${label(row)}: ${reported} (${facts})`)
  for (const difference of differences) print(`    ${difference}`)
  if (differences.length > 0) for (const line of log.split('\n').slice(-60)) print(`    | ${line.slice(0, 300)}`)
  if (asked.json !== undefined) {
    const kept = {
      group: row.group,
      name: row.name,
      expected: row.expected.verdict,
      busy,
      ...outcome,
      log: differences.length > 0 ? log : undefined,
    }
    appendFileSync(asked.json, `${JSON.stringify(kept)}\n`)
  }
  return { row, outcome }
}

const carryOutAll = async (rows: readonly Row[], times: number, busy = false): Promise<readonly Ran[]> => {
  const ran: Ran[] = []
  const waiting = rows.flatMap((row) => {
    const reason = row.unless?.()
    if (reason !== undefined) print(`- ${label(row)}: not on this host: ${reason}`)
    return Array.from({ length: reason === undefined ? times : 0 }, () => row)
  })
  const worker = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) ran.push(await carryOut(row, busy))
  }
  await Promise.all(Array.from({ length: Number(asked.jobs) }, worker))
  return ran
}

// Two programs take what several rows at a time leave of the two cores.
const whileBusy = async <T>(operation: () => Promise<T>): Promise<T> => {
  const load = [1, 2].map(() => spawn('nice', [process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }))
  try {
    return await operation()
  } finally {
    for (const process of load) process.kill('SIGKILL')
  }
}

// From the fault to the first annotation; false when it takes too long too often.
const printLatencies = (ran: readonly Ran[]): boolean => {
  let fast = true
  print(`\n| fault | runs | p50 | p95 | longest |\n| :-- | --: | --: | --: | --: |`)
  for (const name of new Set(ran.flatMap(({ row }) => row.latency ?? []))) {
    const took = ran
      .filter(({ row }) => row.latency === name)
      .map(({ outcome }) => outcome.reactMs ?? Infinity)
      .sort((a, b) => a - b)
    const percentile = (share: number): number => took[Math.ceil(took.length * share) - 1] ?? Infinity
    const cells = [name, took.length, ...[0.5, 0.95, 1].map((share) => `${(percentile(share) / 1000).toFixed(2)} s`)]
    print(`| ${cells.join(' | ')} |`)
    fast &&= percentile(0.95) <= latencyLimitMs
  }
  return fast
}

const readRuns = (file: string): readonly Judged[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Judged)

const rows = table.filter(wanted)
if (asked.list) {
  for (const row of rows) print(`${row.quick ? 'quick' : '     '} ${row.expected.verdict.padEnd(12)} ${label(row)}`)
} else if (asked.matrix !== undefined) {
  print(confusionMatrix(readRuns(asked.matrix)))
} else {
  const times = asked.times === undefined ? undefined : Number(asked.times)
  const calm = asked.busy ? [] : await carryOutAll(rows, times ?? (asked.latency ? 20 : 1))
  const busy =
    asked.calm || asked.latency || asked.quick ? [] : await whileBusy(() => carryOutAll(rows.filter(ofHostOrImage), times ?? 3, true))
  const ran = [...calm, ...busy]
  const wrong = ran.filter(({ outcome }) => outcome.differences.length > 0)
  print(`\n${confusionMatrix(ran.map(({ row, outcome }) => ({ expected: row.expected.verdict, reported: outcome.reported })))}`)
  const fast = asked.latency ? printLatencies(ran) : true
  print(`\n${ran.length} runs of ${new Set(ran.map(({ row }) => row)).size} rows, ${wrong.length} not as expected`)
  process.exitCode = wrong.length === 0 && ran.length > 0 && fast ? 0 : 1
}
process.exit()
