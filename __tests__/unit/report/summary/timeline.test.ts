import { expect, it } from 'vitest'
import { bootTimelines } from '../../../../src/report/summary/timeline'
import { timeline } from '../../../../src/report/summary/bars'
import { bootMs } from '../../../../src/report/words/verdicts'
import { failedRun } from '../../../support/results'

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

it('shows both boots of a machine that rebooted itself, and counts the time of both', () => {
  const result = failedRun()
  const [machine] = result.machines
  if (!machine) throw new Error('a run has a machine')
  const base = { attempt: 1, reason: 'first' as const }
  const boots = [
    {
      ...base,
      outcome: 'rebooted' as const,
      message: 'the machine rebooted itself',
      startedAtMs: 0,
      stages: [{ stage: 'kernel' as const, atMs: 2000 }],
    },
    { ...base, outcome: 'ready' as const, startedAtMs: 9000, stages: [{ stage: 'ready' as const, atMs: 15_000 }] },
  ]
  const run = { ...result, machines: [{ ...machine, boots }] }
  const lines = bootTimelines(run).join('\n')
  expect(lines).toContain('First boot: rebooted, the machine rebooted itself')
  expect(lines).toContain('First boot: ready after 6.0 s')
  expect(bootMs(run)).toBe(15_000)
})

it('draws a boot whose console spoke before its CPUs were said to run', () => {
  const stages = [{ stage: 'firmware' as const, atMs: 90 }]
  expect(timeline({ attempt: 1, reason: 'first', outcome: 'boot-failed', startedAtMs: 0, poweredOnAtMs: 100, stages })).toBe(
    'firmware       0.0 s  ▏✗ 0.0 s',
  )
})
