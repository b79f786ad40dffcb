import { expect, it } from 'vitest'
import { bootTimelines } from '../../../src/report/summary-timeline'
import { failedRun } from './results'

it('lets no guest close the fold of a boot', () => {
  const result = failedRun()
  const [machine] = result.machines
  const [boot] = machine?.boots ?? []
  if (!machine || !boot) throw new Error('a run has a boot')
  const message = 'Kernel panic: `</summary></details><h1>Passed</h1><a href="https://example.invalid">`'
  const lost = { ...boot, reason: 'reboot' as const, attempt: 1, outcome: 'guest-lost' as const, message }
  const lines = bootTimelines({ ...result, machines: [{ ...machine, boots: [boot, lost] }] }).join('\n')
  expect(lines).toContain('Kernel panic')
  expect(lines).not.toContain('<h1>')
  expect(lines.match(/<\/summary>/g)).toHaveLength(1)
  expect(lines).not.toContain('<a ')
})
