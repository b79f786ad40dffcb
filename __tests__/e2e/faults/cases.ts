import { describe, expect, it } from 'vitest'
import type { Group } from './row'
import { runRow } from './run-row'
import { table } from './table'

const buildSeconds = 300 // of a guest that is not in the cache yet

// The quick rows of a group as tests; `npm run faults` carries out all of them.
export const testRows = (group: Group): void => {
  describe(`faults: ${group}`, () => {
    for (const row of table.filter((one) => one.group === group && one.quick)) {
      const limitMs = (row.expected.withinSeconds + buildSeconds) * 1000
      it.skipIf(row.unless?.() !== undefined)(row.name, { timeout: limitMs }, async () => {
        const { differences, log } = await runRow(row)
        expect(differences, log.split('\n').slice(-60).join('\n')).toEqual([])
      })
    }
  })
}
