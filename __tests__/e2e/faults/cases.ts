import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Group } from './row'
import { runRow } from './run-row'
import { table } from './table'

// How many programs there are for each processor: so much longer a machine takes to come up. How long a verdict takes is for `npm run faults`.
const slack = (): number => Math.max(1, ...[loadavg()[0] ?? 1, running()].map((load) => Math.ceil(load / availableParallelism())))
const running = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[3]?.split('/')[0])

// The quick rows of a group as tests; `npm run faults` carries out all of them.
export const testRows = (group: Group): void => {
  describe(`faults: ${group}`, () => {
    for (const row of table.filter((one) => one.group === group && one.quick)) {
      it.skipIf(row.unless?.() !== undefined)(row.name, async () => {
        const { differences, log } = await runRow(row, slack(), false)
        expect(differences, log.split('\n').slice(-60).join('\n')).toEqual([])
      })
    }
  })
}
