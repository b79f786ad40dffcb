import { describe, expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import type { TestResult } from '../../../src/results'
import { runSequence, type SequenceRequest } from '../../../src/steps/sequence'
import { onPaperClock } from '../../support/paper/clock'
import { paperLive, type LiveRequest, type PaperLive } from '../../support/paper/live'
import { paperContext, rebootSpec, runSpec } from '../../support/paper/tests'

const cancelled = new JobError('cancelled', 'the run was cancelled', { hint: '' })

// Runs tests on machines; how they ended, in their order, and what was thrown.
const run = (tests: SequenceRequest['tests'], machines: readonly LiveRequest[] = [{}], change: Partial<SequenceRequest> = {}) =>
  onPaperClock(async () => {
    const ending = new AbortController()
    const cancel = (): void => {
      ending.abort(cancelled)
    }
    const live = new Map<string, PaperLive>(machines.map((request) => [request.name ?? 'machine', paperLive({ ...request, cancel })]))
    const { context, events, captured, startMs } = paperContext({ signal: ending.signal })
    const results: TestResult[] = []
    const thrown = await runSequence({
      ...context,
      ...{ part: 'tests', tests, machines: live, stopAtFailure: false, firstIndex: 0, startMs },
      onResult: (result) => void results.push(result),
      ...change,
    }).catch((error: unknown) => error)
    for (const { end } of live.values()) end()
    return { results, came: results.map(({ id, outcome }) => `${id} ${outcome}`), thrown, events, captured, live }
  })

const fails = { tries: [{ kind: 'exits', code: 1 }] } as const

describe('tests', () => {
  it('run in their order, each with its place, its number and the time it took', async () => {
    const location = { file: 'job.yml', line: 3, inCheckout: true }
    const { results, events, thrown } = await run([runSpec('a', { location }), rebootSpec(), runSpec('b', { gating: false })], [{}], {
      part: 'setup',
    })
    expect(thrown).toBeUndefined()
    expect(results).toMatchObject([
      {
        id: 'a',
        kind: 'run',
        part: 'setup',
        testbed: 'main',
        machine: 'machine',
        gating: true,
        location,
        command: 'a',
        startedAtMs: 0,
        durationMs: 10,
      },
      { id: 'reboot', kind: 'reboot', outcome: 'passed', attempts: [], startedAtMs: 10, durationMs: 100 },
      { id: 'b', gating: false, startedAtMs: 110 },
    ])
    expect(results[1]).not.toHaveProperty('command')
    expect(events.map((event) => (event.kind === 'test-started' ? `${event.number}/${event.of} ${event.id}` : event.kind))).toEqual([
      ...['1/3 a', 'test-finished', '2/3 reboot', 'test-finished', '3/3 b', 'test-finished'],
    ])
  })

  it('are those to which findings belong while they run, and none after them', async () => {
    const { live } = await run([runSpec('a'), runSpec('b')], [{ fates: { a: fails } }])
    expect(live.get('machine')?.tests).toEqual(['a', undefined, 'b', undefined])
  })

  it('go on after a failure', async () => {
    expect((await run([runSpec('a'), runSpec('b')], [{ fates: { a: fails } }])).came).toEqual(['a failed', 'b passed'])
  })

  it('stop at a failure that gates, with fail-fast', async () => {
    const { came, results, thrown } = await run(
      [runSpec('a', { gating: false }), runSpec('b'), runSpec('c')],
      [{ fates: { a: fails, b: fails } }],
      { stopAtFailure: true },
    )
    expect(came).toEqual(['a failed', 'b failed', 'c not-run'])
    expect(results[2]).toMatchObject({ message: 'an earlier failure stopped the job (fail-fast)', durationMs: 0, attempts: [] })
    expect(thrown, 'a failure is no exception').toBeUndefined()
  })

  it('are skipped for what they are not meant for, with the reason, and ask the guest nothing', async () => {
    const when = { distro: ['debian'] }
    const { came, results, live } = await run([runSpec('a', { when }), rebootSpec({ when }), runSpec('b', { when: { distro: ['paper'] } })])
    expect(came).toEqual(['a skipped', 'reboot skipped', 'b passed'])
    expect(results[0]?.message).toBe('distro is paper, and it is for debian only')
    expect(live.get('machine')?.asked.map(({ script }) => script)).toEqual(['b'])
  })

  it.each<[string, SequenceRequest['skip'], string, unknown]>([
    ['for a reason', 'a setup step failed', 'a setup step failed', undefined],
    ['for what ended the job', cancelled, 'the job ended before: the run was cancelled', cancelled],
  ])('are not run %s, which is each one’s message', async (_, skip, message, thrown) => {
    const came = await run([runSpec('a'), rebootSpec()], [{}], skip === undefined ? {} : { skip })
    expect(came.results.map((test) => [test.outcome, test.message])).toEqual([
      ['not-run', message],
      ['not-run', message],
    ])
    expect(came.thrown).toBe(thrown)
    expect(came.events).toEqual([])
  })
})

describe('a machine that is lost', () => {
  it('ends the tests, also of those that do not gate, and is what is thrown', async () => {
    const fates = { b: { tries: [{ kind: 'panics' }] } } as const
    const { came, results, thrown } = await run([runSpec('a'), runSpec('b', { gating: false }), runSpec('c')], [{ fates }])
    expect(came).toEqual(['a passed', 'b error', 'c not-run'])
    expect(results[1]).toMatchObject({ interrupted: true, attempts: [{ kind: 'lost', cause: 'the kernel panicked: Fatal exception' }] })
    expect(results[2]?.message).toBe('the job ended before: the kernel panicked: Fatal exception')
    expect(thrown).toMatchObject({ outcome: 'guest-lost', message: 'the kernel panicked: Fatal exception' })
  })

  it('without a word is told as silence', async () => {
    const { thrown } = await run([runSpec('a')], [{ fates: { a: { tries: [{ kind: 'cut' }] } } }])
    expect(thrown).toMatchObject({
      outcome: 'guest-lost',
      message: 'the guest stopped answering: the connection broke',
      machine: 'machine',
      stage: 'ready',
    })
  })

  it.each<['dies' | 'corrupt' | 'powers-off', string]>([
    ['dies', 'infra-error'],
    ['corrupt', 'image-error'],
    ['powers-off', 'guest-lost'],
  ])('because it %s is its own verdict', async (kind, outcome) => {
    const { thrown } = await run([runSpec('a')], [{ fates: { a: { tries: [{ kind }] } } }])
    expect(thrown).toMatchObject({ outcome })
  })

  it('in a reboot ends the tests too', async () => {
    const { came, thrown } = await run([rebootSpec({ gating: false }), runSpec('a')], [{ fates: { reboot: { reboot: 'never-back' } } }])
    expect(came).toEqual(['reboot error', 'a not-run'])
    expect(thrown).toMatchObject({ outcome: 'guest-lost', message: 'after the reboot: not ready in time' })
  })
})

it('goes on with a guest that refuses to reboot', async () => {
  const { came, results, thrown } = await run([rebootSpec(), runSpec('a')], [{ fates: { reboot: { reboot: 'refused' } } }])
  expect(came).toEqual(['reboot error', 'a passed'])
  expect(results[0]).not.toHaveProperty('interrupted')
  expect(results[0]?.message).toMatch(/^the guest could not be told to reboot/)
  expect(thrown).toBeUndefined()
})

describe('a cancel', () => {
  it.each([0, 1])('in try %d of a test is told in each test after it', async (failures) => {
    const tries = [...fails.tries.slice(0, failures), { kind: 'cancel' } as const]
    const { came, results, thrown } = await run(
      [runSpec('a', { retry: { times: 1, delayMs: 5 } }), runSpec('b')],
      [{ fates: { a: { tries } } }],
    )
    expect(came).toEqual(['a error', 'b not-run'])
    expect(results[0]).toMatchObject({ message: 'the run was cancelled', interrupted: true })
    expect(thrown).toBe(cancelled)
  })

  it('between two tries is heard in the pause', async () => {
    const { came, thrown, live } = await onPaperClock(async () => {
      const ending = new AbortController()
      setTimeout(() => {
        ending.abort(cancelled)
      }, 500)
      const machine = paperLive({ fates: { a: fails } })
      const came: string[] = []
      const { context } = paperContext({ signal: ending.signal })
      const thrown: unknown = await runSequence({
        ...context,
        ...{ part: 'tests', tests: [runSpec('a', { retry: { times: 3, delayMs: 60_000 } })], machines: new Map([['machine', machine]]) },
        ...{ stopAtFailure: false, firstIndex: 0, startMs: 0, onResult: ({ outcome }) => void came.push(outcome) },
      }).catch((error: unknown) => error)
      return { came, thrown, live: machine }
    })
    expect([came, thrown, live.asked.length]).toEqual([['error'], cancelled, 1])
  })

  it('before the first test runs none', async () => {
    const { came, thrown, live } = await run([runSpec('a')], [{}], { signal: AbortSignal.abort(cancelled) })
    expect([came, thrown, live.get('machine')?.asked]).toEqual([['a not-run'], cancelled, []])
  })
})

describe('several machines', () => {
  const tests = [
    runSpec('a', { machine: 'server' }),
    runSpec('b', { machine: 'client' }),
    rebootSpec({ machine: 'server' }),
    runSpec('c', { machine: 'client' }),
  ]

  it('get their own tests', async () => {
    const { came, live } = await run(tests, [{ name: 'server' }, { name: 'client' }])
    expect(came).toEqual(['a passed', 'b passed', 'reboot passed', 'c passed'])
    expect(live.get('client')?.asked.map(({ script }) => script)).toEqual(['b', 'c'])
    expect(live.get('client')?.tests).toEqual(['b', undefined, 'c', undefined])
  })

  it('have their own facts', async () => {
    const when = { distro: ['debian'] }
    const asked = [runSpec('a', { machine: 'server', when }), runSpec('b', { machine: 'client', when })]
    const { came } = await run(asked, [{ name: 'server' }, { name: 'client', facts: { distro: 'debian' } }])
    expect(came).toEqual(['a skipped', 'b passed'])
  })

  it('are lost one by one, and the job with the first', async () => {
    const { came, thrown } = await run(tests, [{ name: 'server', fates: { reboot: { reboot: 'panics' } } }, { name: 'client' }])
    expect(came).toEqual(['a passed', 'b passed', 'reboot error', 'c not-run'])
    expect(thrown).toMatchObject({ outcome: 'guest-lost', machine: 'server' })
  })

  it('are a fault of ours where one is missing', async () => {
    const { came, thrown } = await run(tests, [{ name: 'server' }])
    expect([came, thrown]).toEqual([['a passed'], new RangeError('no machine client')])
  })
})
