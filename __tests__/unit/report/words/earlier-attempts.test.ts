import { expect, it } from 'vitest'
import { colours } from '../../../../src/report/stdout/colours'
import { junit } from '../../../../src/report/reporters/junit'
import { redactedResult } from '../../../../src/report/redacted'
import { renderSummary } from '../../../../src/report/summary/summary'
import { finalText } from '../../../../src/report/reporters/terminal'
import { redactor } from '../../../../src/lib/redaction/redact'
import { retriedRun, bootFailed, run } from '../../../support/results'
import { assertValidResult } from '../../../support/valid-result'

it('stands in results.json as the schema says, its secrets replaced', () => {
  const result = redactedResult(retriedRun(), redactor(['segfault at 0']))
  expect(assertValidResult(JSON.parse(JSON.stringify(result))).attempts[0]?.findings[0]?.block).toBe('foo[7]: ***')
  expect(result.attempts[0]?.outcome).toBe('infra-error')
})

it('is folded in the summary, and counts nowhere', () => {
  const summary = renderSummary(retriedRun())
  expect(summary).toContain('**1 test**: 1 passed')
  expect(summary.slice(summary.indexOf('### Earlier'), summary.indexOf('### Boot'))).toMatchInlineSnapshot(`
    "### Earlier machines

    <details><summary>Attempt 1: infrastructure error, QEMU was killed by SIGKILL · 1 passed, 1 failed without gating, 1 interrupted, 1 finding</summary>

    What it showed decides nothing: another machine took its place.

    - ssh-keygen works: exit code 255 instead of 0
    - sleep 9: error: the guest was lost

    **error** a program crashed: foo

    \`\`\`text
    foo[7]: segfault at 0
    \`\`\`

    </details>

    "
  `)
})

it('is a line on the terminal', () => {
  const lines = finalText(retriedRun(), { reportDir: 'r', colours: colours(false) }).split('\n')
  expect(lines.find((line) => line.includes('attempt 1'))).toMatchInlineSnapshot(
    `"  ! attempt 1: infrastructure error, QEMU was killed by SIGKILL  1 passed, 1 failed without gating, 1 interrupted, 1 finding"`,
  )
})

it('is a property in JUnit and no testcase', () => {
  const xml = [...junit(retriedRun())].join('')
  expect(xml.match(/<testcase /g)).toHaveLength(1)
  expect(xml.split('\n').find((line) => line.includes('attempt.1'))).toMatchInlineSnapshot(
    `"      <property name="attempt.1" value="infrastructure error, QEMU was killed by SIGKILL (1 passed, 1 failed without gating, 1 interrupted, 1 finding)"/>"`,
  )
})

it('lists a finding that gates beside what ended the job otherwise', () => {
  const [finding] = bootFailed().findings
  if (!finding) throw new Error('it has a finding')
  const lost = run({ outcome: 'guest-lost', message: 'it powered itself off', excerpt: 'Power down', findings: [finding] })
  expect([...junit(lost)].join('')).toContain('<testcase name="finding kernel-panic"')
  expect([...junit({ ...lost, excerpt: finding.block })].join('')).not.toContain('finding kernel-panic')
})
