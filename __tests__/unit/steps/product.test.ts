// Every way in which a test can go, by xfail, retry and what each try comes to. The tables are the contract's; nothing here asks the code.
import { describe, expect, it } from 'vitest'
import { isBad, isGatingFailure, outcomeOf } from '../../../src/steps/outcome'
import { runTest } from '../../../src/steps/kinds/run'
import { onPaperClock } from '../../support/paper/clock'
import { paperLive } from '../../support/paper/live'
import type { Try } from '../../support/paper/story'
import { paperContext, runSpec } from '../../support/paper/tests'

const tries: Readonly<Record<string, Try>> = {
  right: { kind: 'exits', code: 0 },
  wrong: { kind: 'exits', code: 1 },
  hangs: { kind: 'hangs', killed: true },
  killed: { kind: 'signalled' },
  unstarted: { kind: 'not-started' },
  unproven: { kind: 'unproven' },
  lost: { kind: 'panics' },
}

// Rows: the first try. Columns: no further try, then what the second one comes to; - where there is none.
const plain = `
           alone   right   wrong   hangs   killed  unstarted unproven lost
right      passed  -       -       -       -       -         -        -
wrong      failed  flaky   failed  failed  error   error     error    error
hangs      failed  flaky   failed  failed  error   error     error    error
killed     error   flaky   failed  failed  error   error     error    error
unstarted  error   flaky   failed  failed  error   error     error    error
unproven   error   flaky   failed  failed  error   error     error    error
lost       error   -       -       -       -       -         -        -
`
// What must fail: a hang, what did not start and what nothing proves are no refusal.
const xfail = `
           alone   right   wrong   hangs   killed  unstarted unproven lost
right      xpassed -       -       -       -       -         -        -
wrong      xfailed xpassed xfailed failed  error   error     error    error
hangs      failed  xpassed xfailed failed  error   error     error    error
killed     error   xpassed xfailed failed  error   error     error    error
unstarted  error   xpassed xfailed failed  error   error     error    error
unproven   error   xpassed xfailed failed  error   error     error    error
lost       error   -       -       -       -       -         -        -
`

const cells = (table: string) => {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/))
  return rows.flatMap(([first = '', ...outcomes]) =>
    outcomes.map((outcome, column) => ({
      first,
      second: head[column] ?? '',
      outcome: outcome === '-' ? outcomes[0] : outcome,
      once: outcome === '-' || column === 0,
    })),
  )
}

const played = (names: readonly string[], times: number, change: Parameters<typeof runSpec>[1] = {}) =>
  onPaperClock(async () => {
    const machine = paperLive({ fates: { it: { tries: names.flatMap((name) => tries[name] ?? []) } } })
    const { context } = paperContext()
    const ran = await runTest(runSpec('it', { retry: { times, delayMs: 5 }, ...change }), machine, context)
    machine.end()
    return { ran, test: { ...runSpec('it', change), ...ran } }
  })

describe.each([
  ['a test', plain, {}],
  ['a test that must fail', xfail, { xfail: {} }],
])('%s', (_, table, change) => {
  it.each(cells(table))('whose first try is $first, and the next $second, is $outcome', async ({ first, second, outcome, once }) => {
    const alone = second === 'alone'
    const { ran } = await played(alone ? [first] : [first, second], alone ? 0 : 1, change)
    expect([ran.outcome, ran.attempts.length]).toEqual([outcome, once ? 1 : 2])
  })

  it.each(cells(table).filter(({ second }) => second === 'alone'))(
    'that is $first on each of four tries is no better for them',
    async ({ first, outcome }) => {
      const { ran } = await played([first], 3, change)
      expect(ran.outcome).toBe(outcome)
      expect(ran.attempts.length).toBe(first === 'right' || first === 'lost' ? 1 : 4)
    },
  )
})

it.each(['passed', 'failed', 'xfailed', 'xpassed', 'flaky', 'skipped', 'not-run', 'error'] as const)(
  '%s decides by whether it gates',
  (outcome) => {
    const bad = ['failed', 'xpassed', 'error'].includes(outcome)
    const test = { ...runSpec('it'), index: 0, part: 'tests' as const, testbed: 'main', outcome, durationMs: 0, attempts: [], cases: [] }
    expect(isBad(test)).toBe(bad)
    expect([isGatingFailure(test), isGatingFailure({ ...test, gating: false })]).toEqual([bad, false])
  },
)

it('gates by a guest that is lost, whatever the test says', async () => {
  const { ran } = await played(['lost'], 0, { gating: false })
  const test = { ...runSpec('it', { gating: false }), index: 0, part: 'tests' as const, testbed: 'main', durationMs: 0, cases: [], ...ran }
  expect(isGatingFailure(test)).toBe(true)
})

it('is an error when there was no try at all', () => {
  expect([outcomeOf([], false), outcomeOf([], true)]).toEqual(['error', 'error'])
})

it.each<[string, string[], number, Parameters<typeof runSpec>[1], string | undefined]>([
  ['a pass', ['right'], 0, {}, undefined],
  ['a failure', ['wrong'], 0, {}, 'exit code 1 instead of 0'],
  ['one on each try', ['wrong'], 2, {}, 'exit code 1 instead of 0 (on each of 3 tries)'],
  ['a later pass', ['wrong', 'right'], 1, {}, 'passed only on a later try'],
  ['a hang', ['hangs'], 0, { timeout: { ms: 90_000, written: true } }, 'did not end within 1 min 30 s and was killed'],
  ['an expected failure', ['wrong'], 0, { xfail: { reason: 'rhbz#1' } }, 'failed as expected (rhbz#1): exit code 1 instead of 0'],
  ['an unexpected pass', ['right'], 0, { xfail: {} }, 'succeeded although it is expected to fail'],
  ['an end that nothing proves', ['unproven'], 0, {}, 'nothing proves how it ended: its last mark never came'],
])('says %s in a sentence', async (_, names, times, change, message) => {
  expect((await played(names, times, change)).ran.message).toBe(message)
})
