import { describe, expect, it } from 'vitest'
import type { Job } from '../../../src/config/job'
import { JobError } from '../../../src/errors'
import { systemClock } from '../../../src/lib/clock'
import type { TestResult } from '../../../src/results'
import { emptyJob } from '../../../src/commands/empty-job'
import { runTests } from '../../../src/steps/parts'
import { onPaperClock } from '../../support/paper/clock'
import { paperLive, type LiveRequest } from '../../support/paper/live'
import { paperContext, runSpec } from '../../support/paper/tests'

const cancelled = new JobError('cancelled', 'the run was cancelled', { hint: '' })
const fails = { tries: [{ kind: 'exits', code: 1 }] } as const
const lost = { tries: [{ kind: 'cut' }] } as const
const cancels = { tries: [{ kind: 'cancel' }] } as const

const whole: Partial<Job> = {
  setup: [runSpec('s1'), runSpec('s2')],
  tests: [runSpec('t1'), runSpec('t2')],
  teardown: [runSpec('d1'), runSpec('d2')],
}

const run = (fates: NonNullable<LiveRequest['fates']> = {}, change: Partial<Job> = {}, others: readonly LiveRequest[] = []) =>
  onPaperClock(async () => {
    const ending = new AbortController()
    const cancel = (): void => {
      ending.abort(cancelled)
    }
    const machines = new Map([{ fates }, ...others].map((one: LiveRequest) => [one.name ?? 'machine', paperLive({ ...one, cancel })]))
    const { context, startMs } = paperContext({ signal: ending.signal })
    const results: TestResult[] = []
    const thrown: unknown = await runTests({
      ...context,
      ...{ job: { ...emptyJob('parts'), ...whole, ...change }, machines, startMs },
      onResult: (result) => void results.push(result),
    }).catch((error: unknown) => error)
    const tookMs = systemClock.now() - startMs
    for (const { end } of machines.values()) end()
    return { results, came: results.map(({ id, outcome }) => `${id} ${outcome}`).join(', '), thrown, tookMs }
  })

describe('setup, tests and teardown', () => {
  it('run in this order, and each result tells its part', async () => {
    const { came, results, thrown } = await run()
    expect(came).toBe('s1 passed, s2 passed, t1 passed, t2 passed, d1 passed, d2 passed')
    expect(results.map(({ part }) => part).join(' ')).toBe('setup setup tests tests teardown teardown')
    expect(thrown).toBeUndefined()
  })

  it.each<[string, NonNullable<LiveRequest['fates']>, Partial<Job>, string]>([
    ['a failed setup step', { s1: fails }, {}, 's1 failed, s2 not-run, t1 not-run, t2 not-run, d1 passed, d2 passed'],
    [
      'one that does not gate',
      { s1: fails },
      { setup: [runSpec('s1', { gating: false }), runSpec('s2')] },
      's1 failed, s2 passed, t1 passed, t2 passed, d1 passed, d2 passed',
    ],
    [
      'a setup step that is not for this machine',
      {},
      { setup: [runSpec('s1', { when: { distro: ['debian'] } })] },
      's1 skipped, t1 passed, t2 passed, d1 passed, d2 passed',
    ],
    ['a failed test', { t1: fails }, {}, 's1 passed, s2 passed, t1 failed, t2 passed, d1 passed, d2 passed'],
    [
      'a failed test, with fail-fast',
      { t1: fails },
      { failFast: true },
      's1 passed, s2 passed, t1 failed, t2 not-run, d1 passed, d2 passed',
    ],
    [
      'a failed teardown step, with fail-fast',
      { d1: fails },
      { failFast: true },
      's1 passed, s2 passed, t1 passed, t2 passed, d1 failed, d2 passed',
    ],
  ])('of %s', async (_, fates, change, all) => {
    const { came, thrown } = await run(fates, change)
    expect([came, thrown]).toEqual([all, undefined])
  })

  it('tell why a test did not run', async () => {
    const { results } = await run({ s1: fails })
    expect(results.map(({ message }) => message)).toEqual([
      'exit code 1 instead of 0',
      ...['a setup step failed', 'a setup step failed', 'a setup step failed'],
      ...[undefined, undefined],
    ])
  })
})

describe('a lost machine', () => {
  it.each<[string, NonNullable<LiveRequest['fates']>, string]>([
    ['in the setup', { s1: lost }, 's1 error, s2 not-run, t1 not-run, t2 not-run, d1 not-run, d2 not-run'],
    ['in a test', { t1: lost }, 's1 passed, s2 passed, t1 error, t2 not-run, d1 not-run, d2 not-run'],
    ['in the teardown', { d1: lost }, 's1 passed, s2 passed, t1 passed, t2 passed, d1 error, d2 not-run'],
  ])('%s leaves nothing to tear down', async (_, fates, all) => {
    const { came, thrown, results } = await run(fates)
    expect(came).toBe(all)
    expect(thrown).toMatchObject({ outcome: 'guest-lost' })
    expect(results.at(-1)?.message).toMatch(/^the (machine is lost|job ended before: the guest stopped answering)/)
  })

  it('among several leaves nothing to tear down on the others', async () => {
    const { came, thrown } = await run({}, { tests: [runSpec('t1', { machine: 'client' })] }, [{ name: 'client', fates: { t1: lost } }])
    expect(came).toBe('s1 passed, s2 passed, t1 error, d1 not-run, d2 not-run')
    expect(thrown).toMatchObject({ outcome: 'guest-lost', machine: 'client' })
  })
})

describe('a cancel', () => {
  it.each<[string, NonNullable<LiveRequest['fates']>, string]>([
    ['in the setup', { s1: cancels }, 's1 error, s2 not-run, t1 not-run, t2 not-run, d1 passed, d2 passed'],
    ['in a test', { t1: cancels }, 's1 passed, s2 passed, t1 error, t2 not-run, d1 passed, d2 passed'],
    ['in the teardown, which goes on', { d1: cancels }, 's1 passed, s2 passed, t1 passed, t2 passed, d1 passed, d2 passed'],
  ])('%s is thrown when the teardown has run', async (_, fates, all) => {
    const { came, thrown } = await run(fates)
    expect([came, thrown]).toEqual([all, cancelled])
  })

  it('ends a teardown that goes on for ever, after four seconds', async () => {
    const { came, thrown, tookMs } = await run({ t1: cancels, d1: { tries: [{ kind: 'outlasts' }] } })
    expect(came).toBe('s1 passed, s2 passed, t1 error, t2 not-run, d1 error, d2 not-run')
    expect(thrown).toBe(cancelled)
    expect(tookMs).toBe(4030)
  })
})
