import { expect, it } from 'vitest'
import { redactor } from '../../../src/lib/redaction/redact'
import { redactedResult } from '../../../src/report/redacted'
import { allReporters } from '../../../src/report/reporter'
import { captured, exited, failedRun, machine, run, test } from '../../support/results'

it('replaces a secret wherever it stands, and leaves the words of the model', () => {
  const secret = 'hunter2'
  const result = run({
    message: `password ${secret} was refused`,
    hint: secret,
    excerpt: secret,
    warnings: [secret],
    replay: `--password ${secret}`,
    machines: [{ ...machine, argv: ['qemu', `password=${secret}`], qemuLog: secret }],
    tests: [test(`echo ${secret}`, { message: secret, attempts: [{ ...exited(0), stdout: captured('*** as captured') }] })],
    findings: failedRun().findings.map((finding) => ({ ...finding, block: `said ${secret}` })),
    cleanup: { removed: 0, left: [secret] },
  })
  expect(JSON.stringify(result).split(secret)).toHaveLength(14)
  expect(JSON.stringify(redactedResult(result, redactor([secret])))).not.toContain(secret)

  const words = redactedResult(failedRun(), redactor(['failed', 'ready', 'kernel', 'passed', 'exited', 'tests', 'first', 'machine']))
  expect(words.outcome).toBe('failed')
  expect(words.machines[0]?.boots[0]).toMatchObject({ outcome: 'ready', reason: 'first' })
  expect(words.tests[0]).toMatchObject({ outcome: 'passed', part: 'tests' })
  expect(words.message).toBe('2 of 12 *** ***: “the root file system grew” exit code 1 instead of 0, and 1 more')
})

it('copies nothing when there is nothing to replace', () => {
  const result = failedRun()
  const { tests, machines } = redactedResult(result, redactor(['hunter2']))
  expect(tests).toBe(result.tests)
  expect(machines).toBe(result.machines)
})

it('lets the others report when one fails, and says what failed', async () => {
  const told: string[] = []
  const problems: string[] = []
  const broken = () => {
    throw new Error('no space for hunter2')
  }
  const all = allReporters(
    [
      { onEvent: broken, onEnd: () => Promise.reject(new Error('disk full')) },
      { onEnd: broken },
      {
        onEvent: ({ kind }) => told.push(kind),
        onVerdict: ({ outcome }) => told.push(outcome),
        onEnd: ({ message }) => void told.push(message),
      },
    ],
    redactor(['hunter2']),
    (text) => problems.push(text),
  )
  all.onEvent({ kind: 'note', text: 'hello', atMs: 0 })
  all.onVerdict(run())
  await all.onEnd(run({ message: 'hunter2' }))
  expect(told).toEqual(['note', 'passed', '***'])
  expect(problems).toEqual([
    'a part of the report could not be written: no space for ***',
    'a part of the report could not be written: disk full',
    'a part of the report could not be written: no space for ***',
  ])
})
