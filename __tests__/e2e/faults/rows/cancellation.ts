import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { guest } from '../../../guests'
import { startServer } from '../../../support/server'
import { leftovers, startMain } from '../../runner'
import type { Expected, Prepared, Row, Run } from '../row'
import { runTerminal, startTerminal } from '../terminal'
import { machinesOf } from '../watch'

type Moment = (run: Run) => Promise<void>

const row = (name: string, expected: Partial<Expected> & Pick<Expected, 'verdict'>, given: Partial<Row>): Row => ({
  name,
  group: 'cancellation',
  quick: false,
  ...(given.prepare === stalling ? {} : { guest: 'tiny' }),
  ...given,
  inputs: given.job === undefined ? { commands: 'true\necho here; sleep 100\ntrue', ...given.inputs } : { ...given.inputs },
  expected: { withinSeconds: 120, ...expected },
})

// A server that begins to send and then falls silent.
const stalling = async (): Promise<Prepared> => {
  const server = await startServer()
  const image = server.put('/tiny.qcow2', { content: { file: await guest('tiny') }, always: { kind: 'stall', afterBytes: 1_000_000 } })
  return { inputs: { image }, undo: () => server.close() }
}

const moments: Readonly<Record<string, { readonly moment: Moment; readonly given: Partial<Row>; readonly machine: boolean }>> = {
  'during the download': {
    moment: async ({ seen }) => {
      await seen('::group::Prepare')
      await sleep(1500)
    },
    given: { prepare: stalling },
    machine: false,
  },
  'while the machine boots': { moment: ({ seen }) => seen(/s {2}kernel\n/), given: {}, machine: true },
  'during a test': { moment: ({ seen }) => seen(' │ here\n'), given: {}, machine: true },
  'while the machine reboots': {
    moment: ({ seen }) => seen(/s {2}kernel\n[^]*s {2}kernel\n/),
    given: { job: 'tests:\n  - {id: reboot, reboot: true}\n  - {id: after, run: exit 0}\n' },
    machine: true,
  },
  'during the teardown': {
    moment: ({ seen }) => seen(' │ tidying\n'),
    given: { job: 'tests:\n  - {id: one, run: exit 0}\nteardown:\n  - {id: tidy, run: echo tidying; sleep 100}\n' },
    machine: true,
  },
}

const by =
  (signal: NodeJS.Signals, moment: Moment): Moment =>
  async (run) => {
    await moment(run)
    run.faultNow()
    run.kill(signal)
  }

// The runner leaves 7.5 s after SIGINT, 2.5 s after SIGTERM, then it kills.
const cancelled: readonly Row[] = Object.entries(moments).flatMap(([when, { moment, given }]) =>
  (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    row(
      `${signal} ${when}`,
      { verdict: 'cancelled', message: new RegExp(signal), reactSeconds: 7.5 },
      {
        ...given,
        during: by(signal, moment),
        quick: signal === 'SIGINT' && (when === 'during the download' || when === 'while the machine boots'),
      },
    ),
  ),
)

const shot: readonly Row[] = Object.entries(moments).flatMap(([when, { moment, given, machine }]) =>
  (['post', 'clean'] as const).map((cleaner) =>
    row(
      `kill -9 ${when}, then ${cleaner === 'post' ? 'the post step' : '`image-test clean`'}`,
      { verdict: 'none' },
      {
        ...given,
        cleaner,
        quick: when === 'during a test',
        during: async (run) => {
          await moment(run)
          assert.equal(machinesOf(run.step).length > 0, machine)
          run.kill('SIGKILL')
          const deadline = performance.now() + 60_000 // the kernel does it at once
          while (machinesOf(run.step).length > 0) {
            assert.ok(performance.now() < deadline, 'QEMU lives on')
            await sleep(20)
          }
          assert.notDeepEqual(leftovers(run.step), [], 'there is something left to remove')
        },
      },
    ),
  ),
)

// One job is killed and cleaned up after while another goes on beside it, on the same host with the same caches and the same RUNNER_TEMP.
const beside: Row = row(
  'another job beside it is killed and cleaned up after',
  { verdict: 'passed', tests: { long: 'passed' }, withinSeconds: 240 },
  {
    quick: true,
    job: 'tests:\n  - {id: long, run: echo here; sleep 20; echo there}\n',
    during: async (run) => {
      const other = startTerminal({ ...run.step, inputs: { ...run.step.inputs, 'report-dir': 'other-report' } })
      await run.seen(' │ here\n', 200)
      other.kill('SIGKILL')
      await other.finished
      const { log, exitCode } = await runTerminal(run.step, ['clean'])
      assert.match(log, /removed/)
      assert.match(log, /still running, left alone/)
      assert.equal(exitCode, 0)
    },
  },
)

const together: Row = row(
  'two jobs at once',
  { verdict: 'passed', withinSeconds: 240 },
  {
    job: 'tests:\n  - {id: long, run: sleep 5}\n',
    inputs: { accelerator: 'auto' },
    during: async (run) => {
      const other = startMain({ ...run.step, env: { ...run.step.env, GITHUB_ACTION: '__image-test_2' } })
      const { exitCode, log } = await other.finished
      assert.equal(exitCode, 0, log)
    },
  },
)

const limited: readonly Row[] = [
  row(
    'the job’s timeout during the download',
    { verdict: 'timed-out', withinSeconds: 30 },
    { quick: true, prepare: stalling, inputs: { timeout: '4s' } },
  ),
  row(
    'the job’s timeout while the machine boots',
    { verdict: 'timed-out', machine: true, withinSeconds: 30 },
    { quick: true, inputs: { timeout: '5s' } },
  ),
  row(
    'the job’s timeout during a test',
    { verdict: 'timed-out', tests: { one: 'passed', two: 'error', three: 'not-run' }, machine: true, withinSeconds: 75 },
    {
      inputs: { timeout: '60s' },
      job: 'tests:\n  - {id: one, run: exit 0}\n  - {id: two, run: sleep 1000}\n  - {id: three, run: exit 0}\n',
    },
  ),
  row(
    'the job’s timeout while the machine reboots',
    { verdict: 'timed-out', machine: true, withinSeconds: 75 },
    {
      inputs: { timeout: '60s' },
      job: `tests:\n${'  - reboot: true\n'.repeat(30)}`,
    },
  ),
  row(
    'the job’s timeout during the teardown',
    { verdict: 'timed-out', machine: true, withinSeconds: 75 },
    {
      inputs: { timeout: '60s' },
      job: 'tests:\n  - {id: one, run: exit 0}\nteardown:\n  - {id: tidy, run: sleep 1000}\n',
    },
  ),
]

const tidy: Row = row(
  'SIGINT during the teardown, which comes to its end',
  { verdict: 'cancelled', machine: true, tests: { one: 'passed', tidy: 'passed', back: 'passed' }, withinSeconds: 120 },
  {
    quick: true,
    job: 'tests:\n  - {id: one, run: exit 0}\nteardown:\n  - {id: tidy, run: echo tidying; sleep 1}\n  - {id: back, run: exit 0}\n',
    during: async (run) => {
      await run.seen(' │ tidying\n')
      run.kill('SIGINT')
    },
  },
)

const impatient: Row = row(
  'a second SIGINT',
  { verdict: 'none', exitCode: 1 },
  {
    quick: true,
    job: 'tests:\n  - {id: one, run: echo here; sleep 100}\nteardown:\n  - {id: tidy, run: echo tidying; sleep 100}\n',
    during: async (run) => {
      await run.seen(' │ here\n')
      run.kill('SIGINT')
      await run.seen(' │ tidying\n', 10)
      run.kill('SIGINT')
      const deadline = performance.now() + 60_000 // without it the teardown ends first, with a verdict
      while (!run.ended() || machinesOf(run.step).length > 0) {
        assert.ok(performance.now() < deadline, 'it goes on')
        await sleep(20)
      }
    },
  },
)

const atTheTerminal: readonly Row[] = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
  row(
    `${signal} at the terminal`,
    { verdict: 'cancelled', exitCode: signal === 'SIGINT' ? 130 : 143, reactSeconds: 7.5 },
    {
      by: 'terminal',
      during: by(signal, async ({ qemu }) => {
        await qemu()
        await sleep(3000)
      }),
    },
  ),
)

export const cancellation: readonly Row[] = [...cancelled, ...atTheTerminal, tidy, impatient, ...shot, beside, together, ...limited]
