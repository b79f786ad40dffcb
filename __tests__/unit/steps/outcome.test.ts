import { describe, expect, it } from 'vitest'
import type { Finding, TestOutcome, TestResult } from '../../../src/results'
import { countTests, outcomeOf, verdictOf, type AttemptFacts } from '../../../src/steps/outcome'

const ok: AttemptFacts = { matched: true, kind: 'exited' }
const no: AttemptFacts = { matched: false, kind: 'exited' }
const hang: AttemptFacts = { matched: false, kind: 'timed-out' }
const lost: AttemptFacts = { matched: false, kind: 'lost' }
const unproven = (['signalled', 'unproven', 'not-started'] as const).map((kind): AttemptFacts => ({ matched: true, kind }))

describe('the outcome of a test', () => {
  it.each<[string, AttemptFacts[], boolean, TestOutcome]>([
    ['as expected', [ok], false, 'passed'],
    ['not as expected', [no], false, 'failed'],
    ['expected to fail and did', [no], true, 'xfailed'],
    ['expected to fail and did not', [ok], true, 'xpassed'],
    ['a hang', [hang], false, 'failed'],
    ['a hang where a refusal is expected', [hang], true, 'failed'],
    ['a later try', [no, ok], false, 'flaky'],
    ['no try helped', [no, no, no], false, 'failed'],
    ['the guest was lost', [lost], false, 'error'],
    ['the guest was lost where a refusal is expected', [lost], true, 'error'],
    ['never ran', [], false, 'error'],
    ...unproven.flatMap((attempt): [string, AttemptFacts[], boolean, TestOutcome][] => [
      [`no proof of its end (${attempt.kind})`, [attempt], false, 'error'],
      [`no proof of its end where a failure is expected (${attempt.kind})`, [attempt], true, 'error'],
    ]),
  ])('%s', (_name, attempts, xfail, outcome) => {
    expect(outcomeOf(attempts, xfail)).toBe(outcome)
  })
})

const test = (outcome: TestOutcome, more: Partial<TestResult> = {}): TestResult => ({
  index: 0,
  id: outcome,
  name: outcome,
  kind: 'run',
  part: 'tests',
  testbed: 'main',
  concerns: [],
  gating: true,
  outcome,
  durationMs: 1,
  attempts: [],
  cases: [],
  ...more,
})
const finding: Finding = {
  rule: 'kernel-oops',
  severity: 'error',
  gating: true,
  machine: 'machine',
  source: 'console',
  stage: 'ready',
  atMs: 1,
  line: 1,
  block: 'Oops',
}
const lostAttempt = {
  kind: 'lost' as const,
  cause: 'gone',
  durationMs: 1,
  stdout: { bytes: 0, tail: '', truncated: false },
  stderr: { bytes: 0, tail: '', truncated: false },
  matched: false,
}

describe('the verdict', () => {
  it.each<[string, TestResult[], Finding[], 'passed' | 'failed']>([
    ['all passed', [test('passed'), test('flaky'), test('xfailed')], [], 'passed'],
    ['one failed', [test('passed'), test('failed')], [], 'failed'],
    ['one passed although it must fail', [test('passed'), test('xpassed')], [], 'failed'],
    ['one erred', [test('passed'), test('error')], [], 'failed'],
    ['a non-gating failure', [test('passed'), test('failed', { gating: false })], [], 'passed'],
    ['only non-gating ones passed', [test('passed', { gating: false })], [], 'failed'],
    ['only skipped', [test('skipped')], [], 'failed'],
    ['nothing at all', [], [], 'failed'],
    ['a download alone does not count', [test('passed', { kind: 'download' })], [], 'failed'],
    ['a gating finding', [test('passed')], [finding], 'failed'],
    ['an ignored finding', [test('passed')], [{ ...finding, ignored: 'known' }], 'passed'],
    ['a finding that does not gate', [test('passed')], [{ ...finding, gating: false }], 'passed'],
    [
      'a lost guest gates whatever the test says',
      [test('passed'), test('error', { gating: false, attempts: [lostAttempt] })],
      [],
      'failed',
    ],
    ['a failed setup step', [test('error', { part: 'setup' }), test('not-run')], [], 'failed'],
    ['a failed teardown step', [test('passed'), test('failed', { part: 'teardown' })], [], 'failed'],
  ])('%s', (_name, tests, findings, outcome) => {
    expect(verdictOf(tests, findings).outcome).toBe(outcome)
  })

  it('says what passed in one sentence', () => {
    expect(
      verdictOf([test('passed'), test('flaky'), test('skipped'), test('failed', { gating: false })], []).message,
    ).toMatchInlineSnapshot(`"2 tests passed (1 skipped, 1 flaky, 1 non-gating failed)"`)
  })

  it('names the first failure', () => {
    expect(
      verdictOf([test('passed'), test('failed', { name: 'selinux', message: 'exit code 1 instead of 0' })], []).message,
    ).toMatchInlineSnapshot(`"1 of 2 tests failed: “selinux” exit code 1 instead of 0"`)
  })

  it.each<[string, Finding[]]>([
    ['the console shows a finding that gates: kernel-oops', [{ ...finding, rule: 'kernel-oops' }]],
    ['the journal shows a finding that gates: segfault', [{ ...finding, rule: 'segfault', source: 'journal' }]],
    ['the console shows 2 findings that gate: segfault', [{ ...finding, rule: 'segfault' }, finding]],
  ])('%s', (message, findings) => {
    expect(verdictOf([test('passed')], findings).message).toBe(message)
  })

  it('counts a non-gating failure as a warning and nothing else', () => {
    expect(countTests([test('passed'), test('failed', { gating: false })])).toMatchObject({ passed: 1, failed: 0, warned: 1, total: 2 })
  })
})
