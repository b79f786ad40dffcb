// Whole jobs on paper machines: order, policies and verdicts, each in milliseconds.
import { describe, expect, it } from 'vitest'
import { play } from '../../support/paper/run'
import { boots, ends, exits, fine, hangs, machine, reboot, setup, step, story, teardown } from '../../support/paper/stories'
import type { MachineFate, Step, StepFate, Story } from '../../support/paper/story'

// What came of it: the verdict, each step in its order, and how many machines it took.
const played = async (steps: readonly Step[], machines: readonly MachineFate[], change: Partial<Story> = {}) => {
  const { result, machines: used, afterCancelMs } = await play(story(steps, machines, change))
  return { result, afterCancelMs, came: [result.outcome, result.tests.map(({ outcome }) => outcome).join(' '), used] }
}

describe('order', () => {
  it.each<[string, Step[], StepFate[], Partial<Story>, unknown[]]>([
    ['setup, tests and teardown', [setup(), step(), teardown()], [], {}, ['passed', 'passed passed passed', 1]],
    ['a failed test stops nothing', [step(), step()], [exits(1), fine], {}, ['failed', 'failed passed', 1]],
    ['but with fail-fast', [step(), step(), teardown()], [exits(1)], { failFast: true }, ['failed', 'failed not-run passed', 1]],
    [
      'fail-fast lets pass what does not gate',
      [step({ gating: false }), step()],
      [exits(1)],
      { failFast: true },
      ['passed', 'failed passed', 1],
    ],
    [
      'a failed setup keeps tests from running',
      [setup(), setup(), step(), teardown()],
      [exits(1)],
      {},
      ['failed', 'failed not-run not-run passed', 1],
    ],
    ['a setup step that does not gate does not', [setup({ gating: false }), step()], [exits(1)], {}, ['passed', 'failed passed', 1]],
    ['a failed teardown fails the job', [step(), teardown(), teardown()], [fine, exits(1)], {}, ['failed', 'passed failed passed', 1]],
  ])('%s', async (_, steps, fates, change, came) => {
    expect((await played(steps, [machine(fates)], change)).came).toEqual(came)
  })
})

describe('a test', () => {
  it.each<[string, Partial<Step>, StepFate, string, string]>([
    ['that fails as expected', { xfail: true }, exits(1), 'passed', 'xfailed'],
    ['that passes although it must fail', { xfail: true }, fine, 'failed', 'xpassed'],
    ['that hangs where a refusal is expected', { xfail: true }, hangs, 'failed', 'failed'],
    ['that never started where a refusal is expected', { xfail: true }, ends('not-started'), 'failed', 'error'],
    ['that passes on its last try', { retries: 2 }, exits(1, 1, 0), 'passed', 'flaky'],
    ['that passes on no try', { retries: 2 }, exits(1), 'failed', 'failed'],
    ['that hangs once and passes then', { retries: 1 }, { ...hangs, tries: [...hangs.tries, ...fine.tries] }, 'passed', 'flaky'],
    ['that hangs on every try', { retries: 1 }, hangs, 'failed', 'failed'],
    [
      'whose machine is lost on a later try',
      { retries: 2 },
      { ...fine, tries: [...exits(1).tries, { kind: 'cut' }] },
      'guest-lost',
      'error',
    ],
    ['that is not for this machine', { when: 'unmet' }, fine, 'failed', 'skipped'],
    ['whose fact the machine does not tell', { when: 'unknown' }, fine, 'failed', 'skipped'],
    ['that does not gate and passes', { gating: false }, fine, 'failed', 'passed'],
  ])('%s, alone in its job', async (_, change, fate, outcome, test) => {
    expect((await played([step(change)], [machine([fate])])).came).toEqual([outcome, test, 1])
  })

  it('is lost with its machine although it does not gate, and ends the job', async () => {
    const { came } = await played([step(), step({ gating: false }), step(), teardown()], [machine([fine, ends('panics')])])
    expect(came).toEqual(['guest-lost', 'passed error not-run not-run', 1])
  })
})

describe('a machine that is lost', () => {
  it.each(['setup', 'tests', 'teardown'] as const)('in the %s is not tried again', async (part) => {
    const steps = [setup(), step(), teardown()]
    const fates = steps.map((one) => (one.part === part ? ends('powers-off') : fine))
    const { came, result } = await played(steps, [machine(fates), machine()])
    expect(came).toEqual(['guest-lost', expect.stringContaining('error'), 1])
    expect(result.tests.filter(({ interrupted }) => interrupted === true).map((test) => test.part)).toEqual([part])
  })

  it('by a reboot of the setup that does not gate ends the tests too', async () => {
    const { came, result } = await played([setup({ kind: 'reboot', gating: false }), step()], [machine([boots('never-back')])])
    expect(came).toEqual(['guest-lost', 'error not-run', 1])
    expect(result.tests[1]?.message).toMatch(/^the job ended before: after the reboot/)
  })

  it('right after its last test is lost all the same', async () => {
    expect((await played([step()], [machine([], { atEnd: 'stops' })])).came).toEqual(['guest-lost', 'passed', 1])
  })

  it.each<['cut' | 'panics']>([['cut'], ['panics']])('while its journal is read at the end is lost all the same: %s', async (end) => {
    expect((await played([step()], [machine([], { journal: { end } })])).came).toEqual(['guest-lost', 'passed', 1])
  })

  it('comes back from several reboots, and is lost in the third', async () => {
    const steps = [reboot(), step(), reboot(), reboot(), step()]
    const { came } = await played(steps, [machine([fine, fine, fine, boots('panics')])])
    expect(came).toEqual(['guest-lost', 'passed passed passed error not-run', 1])
  })

  it('tells the failure that was before it, and keeps its verdict', async () => {
    const { result } = await played([step(), step()], [machine([exits(1), ends('cut')])])
    expect(result.message).toMatch(/^the guest stopped answering: .*; before that, 1 of 2 tests failed: “step 0” exit code 1 instead of 0$/)
  })
})

describe('a fault of the host', () => {
  it('gets a fresh machine, and what the first one showed stays in the report', async () => {
    const { came, result } = await played([step(), step()], [machine([fine, ends('dies')]), machine()])
    expect(came).toEqual(['passed', 'passed passed', 2])
    expect(result.attempts.map(({ outcome, tests }) => [outcome, ...tests.map((test) => test.outcome)])).toEqual([
      ['infra-error', 'passed', 'error'],
    ])
    expect(result.counts).toMatchObject({ total: 2, passed: 2, error: 0 })
  })

  it('while the journal is read gets a fresh machine too', async () => {
    expect((await played([step()], [machine([], { journal: { end: 'dies' } }), machine()])).came).toEqual(['passed', 'passed', 2])
  })

  it('twice in a row is the verdict', async () => {
    expect((await played([step()], [machine([], { boot: 'dies' }), machine([ends('paused')])])).came).toEqual(['infra-error', 'error', 2])
  })

  it.each<[string, Step[], StepFate[]]>([
    ['a failed test', [step(), step()], [exits(1), ends('dies')]],
    ['a failed setup step', [setup(), teardown()], [exits(1), ends('dies')]],
    ['a finding that gates', [step(), step()], [{ ...fine, says: 'crash' }, ends('dies')]],
    ['a finding that is told as the host fails', [step(), step()], [fine, { ...ends('dies'), says: 'oops' }]],
    ['a failed test, in a teardown', [step(), teardown()], [exits(1), ends('stands-still')]],
  ])('after %s takes nothing back', async (_, steps, fates) => {
    const { came, result } = await played(steps, [machine(fates), machine()])
    expect([came[0], came[2]]).toEqual(['failed', 1])
    expect(result.message).toContain('; after that the host failed: ')
  })

  it('after a finding of the boot takes nothing back', async () => {
    expect((await played([step()], [machine([], { bootSays: 'crash', boot: 'dies' }), machine()])).came).toEqual(['failed', '', 1])
  })

  it('under KVM, where not a word came, is tried under emulation', async () => {
    const { came, result } = await played([step()], [machine([], { boot: 'silent' }), machine()], { kvm: true })
    expect([...came, result.machines[0]?.accelerator.kind]).toEqual(['passed', 'passed', 2, 'tcg'])
  })
})

describe('another bus', () => {
  it('is tried where the root is not found, however often the host may fail', async () => {
    const none = machine([], { boot: 'no-root' })
    expect((await played([step()], [none, none, machine()], { buses: 2, bootAttempts: 1 })).came).toEqual(['passed', 'passed', 3])
  })

  it('takes back no oops', async () => {
    const none = machine([], { boot: 'no-root', bootSays: 'oops' })
    expect((await played([step()], [none, machine()], { buses: 2 })).came).toEqual(['boot-failed', '', 1])
  })
})

describe('a cancel', () => {
  const retried = setup({ retries: 1 })
  it.each<[string, MachineFate, Partial<Story>, string, number]>([
    ['before anything', machine(), { before: 'cancel' }, '', 0],
    ['while the image is fetched', machine(), { before: 'fetch-cancel' }, '', 0],
    ['in the boot', machine([], { boot: 'cancel' }), {}, '', 1],
    ['in the setup', machine([ends('cancel')]), {}, 'error not-run passed passed', 1],
    [
      'in the second try of a step',
      machine([{ ...fine, tries: [...exits(1).tries, { kind: 'cancel' }] }]),
      {},
      'error not-run passed passed',
      1,
    ],
    ['in a test', machine([fine, ends('cancel')]), {}, 'passed error passed passed', 1],
    ['in the teardown', machine([fine, fine, ends('cancel')]), {}, 'passed passed passed passed', 1],
    [
      'in a teardown that goes on for ever then',
      machine([fine, fine, ends('cancel'), ends('outlasts')]),
      {},
      'passed passed passed error',
      1,
    ],
    ['after the last step', machine([], { atEnd: 'cancel' }), {}, 'passed passed passed passed', 1],
    ['while the journal is read', machine([], { journal: { end: 'cancel' } }), {}, 'passed passed passed passed', 1],
    ['while the digest of what booted is computed', machine(), { proof: 'cancel' }, 'passed passed passed passed', 1],
  ])('%s is the verdict, and the teardown is for its rest', async (_, fate, change, tests, machines) => {
    const { came, afterCancelMs } = await played([retried, step(), teardown(), teardown()], [fate, machine()], change)
    expect(came).toEqual(['cancelled', tests, machines])
    expect(afterCancelMs, 'what a runner leaves').toBeLessThan(10_000)
  })

  it('in the reboot of a test is the verdict', async () => {
    expect((await played([reboot(), step()], [machine([boots('cancel')])])).came).toEqual(['cancelled', 'error not-run', 1])
  })

  it('tells the failure that was before it', async () => {
    const { result } = await played([step(), step()], [machine([exits(1), ends('cancel')])])
    expect(result.message).toBe('cancelled; before that, 1 of 2 tests failed: “step 0” exit code 1 instead of 0')
  })

  it('while the journal is read tells what it had shown until then', async () => {
    const { result } = await played([step()], [machine([], { journal: { says: 'crash', end: 'cancel' } })])
    expect(result.message).toBe('cancelled; before that, the journal shows a finding that gates: segfault')
  })

  it('while the digest is computed tells the failure too', async () => {
    const { result } = await played([step()], [machine([exits(1)])], { proof: 'cancel' })
    expect(result.message).toBe('cancelled; before that, 1 of 1 tests failed: “step 0” exit code 1 instead of 0')
  })

  it.each<[string, MachineFate, string]>([
    ['a boot that failed', machine([], { boot: 'panics' }), 'boot-failed'],
    ['a guest that was lost', machine([ends('panics')]), 'guest-lost'],
    ['a host that failed for good', machine([ends('dies')]), 'infra-error'],
  ])('takes nothing back of %s before it', async (_, fate, outcome) => {
    const { came } = await played([step()], [fate], { proof: 'cancel', bootAttempts: 1 })
    expect(came[0]).toBe(outcome)
  })
})

describe('the timeout of the job', () => {
  it.each<[string, MachineFate, string]>([
    ['in the boot', machine([], { boot: 'outlasts' }), ''],
    ['in a test', machine([fine, ends('outlasts')]), 'passed error passed'],
    ['in the teardown', machine([fine, fine, ends('outlasts')]), 'passed passed error'],
  ])('%s is the verdict', async (_, fate, tests) => {
    expect((await played([setup(), step(), teardown()], [fate])).came).toEqual(['timed-out', tests, 1])
  })
})

describe('an error that nobody caught, while the digest is computed', () => {
  it.each([
    ['passes no job', [], 'infra-error'],
    ['takes no failure back', [exits(1)], 'failed'],
  ] as const)('%s', async (_, fates, outcome) => {
    const { came } = await played([step()], [machine(fates)], { proof: 'bug' })
    expect(came[0]).toBe(outcome)
  })
})

it.each<[string, Partial<Story>, Partial<MachineFate>, string]>([
  ['a finding at the very end', {}, { endSays: 'crash' }, 'failed'],
  ['one that is ignored', { ignores: ['crash'] }, { endSays: 'crash' }, 'passed'],
  ['one below what gates', { failOn: 'fatal' }, { endSays: 'crash' }, 'passed'],
  ['what a busy host does', {}, { bootSays: 'lockup' }, 'passed'],
  ['a required word that never came', { requires: true }, {}, 'failed'],
  ['an image that changes meanwhile', { imageChanges: true }, {}, 'image-error'],
])('judges a job whose tests pass: %s', async (_, change, fate, outcome) => {
  expect((await played([step()], [machine([], fate)], change)).came).toEqual([outcome, 'passed', 1])
})
