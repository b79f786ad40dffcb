import { expect, it } from 'vitest'
import type { Job } from '../../../src/config/job'
import { JobError } from '../../../src/errors'
import type { Finding, TestResult } from '../../../src/results'
import { qemuPlan, type QemuPlanRequest } from '../../../src/machines/qemu/plan'
import { untilTested } from '../../../src/run/attempts'
import { emptyJob } from '../../../src/commands/empty-job'
import { endingOf } from '../../../src/run/ending'
import { createRecorder, type Recorder } from '../../../src/run/recorder'
import type { Plan } from '../../../src/machines/provider'
import { machineSpec } from '../../support/machine-spec'
import { exited, test } from '../../support/results'

const job: Job = { ...emptyJob('attempts'), bootAttempts: 3 }
const killed = new JobError('infra-error', 'QEMU was killed by SIGKILL', { hint: 'run it again', excerpt: 'all of it' })
const lost = test('lost with its machine', { outcome: 'error', interrupted: true, message: 'QEMU was killed by SIGKILL', attempts: [] })
const failed = test('selinux', { outcome: 'failed', message: 'exit code 1 instead of 0', attempts: [exited(1)] })
const finding = (rule: string, more: Partial<Finding> = {}): Finding => ({
  ...{ rule, severity: 'error', gating: true, machine: 'machine', source: 'console', stage: 'ready', atMs: 1, line: 1, block: rule },
  ...more,
})

const hostPanic = finding('host-panic', { gating: false, hostCaused: true })

interface Machine {
  readonly tests?: readonly TestResult[]
  readonly findings?: readonly Finding[]
  readonly end?: JobError
}

const recorderOf = (): Recorder =>
  createRecorder({
    job,
    tool: { version: '1', node: '24' },
    source: { jobSha256: '' },
    files: {
      consoleSink: () => () => undefined,
      journalSink: () => () => undefined,
      screenshot: () => Promise.resolve(),
      qemuLog: () => Promise.resolve(),
      list: () => [],
    },
    replay: '',
    onEvent: () => undefined,
  })

const planOf = (otherBuses: readonly 'scsi'[]): Plan =>
  qemuPlan({
    machines: [
      { name: 'machine', accelerator: { kind: 'tcg' }, target: { bus: 'virtio', otherBuses }, wanted: { spec: machineSpec(), image: {} } },
    ],
    tool: 'paper',
  } as unknown as QemuPlanRequest)

// Machines one after the other, as far as they are asked for.
const run = async (machines: readonly Machine[], otherBuses: readonly 'scsi'[] = []) => {
  const recorder = recorderOf()
  let used = 0
  const ending = untilTested({
    job,
    recorder,
    signal: new AbortController().signal,
    first: planOf(otherBuses),
    bootAndTest: () => {
      const { tests = [], findings = [], end } = machines[used] ?? {}
      used += 1
      tests.forEach(recorder.test)
      findings.forEach(recorder.finding)
      return end ? Promise.reject(end) : Promise.resolve()
    },
  })
  const seen = () => ({ tests: recorder.tests(), findings: recorder.findings() })
  const end = await ending.then(
    () => 'to the end' as const,
    (error: unknown) => endingOf(error as JobError, seen()),
  )
  return { used, end, recorder, result: recorder.result({ outcome: 'passed', message: '', cleanup: { removed: 0, left: [] } }) }
}

it.each<[string, Machine]>([
  ['a failed test', { tests: [failed, lost] }],
  ['a finding that gates', { findings: [finding('segfault')] }],
  ['a finding that is all that the console says', { findings: [finding('segfault', { block: 'all of it' })] }],
  ['a failed setup step', { tests: [{ ...failed, part: 'setup' }] }],
  ["a finding after words about a fault of the host's that the machine outlived", { findings: [hostPanic, finding('segfault')] }],
])('does not take back %s when the host fails after it', async (_, machine) => {
  const { used, end } = await run([{ ...machine, end: killed }, { tests: [test('clean')] }])
  expect(used).toBe(1)
  expect(end).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('after that the host failed: QEMU was killed') as string,
  })
})

it.each<[string, Machine]>([
  ['a test that was lost with the machine', { tests: [lost] }],
  ['a failure that does not gate', { tests: [{ ...failed, gating: false }] }],
  ['a finding that does not gate', { findings: [finding('segfault', { gating: false })] }],
  ['an ignored finding', { findings: [finding('segfault', { ignored: 'known' })] }],
  [
    'what a fault of the host brought about',
    {
      findings: [hostPanic, finding('emergency-mode', { severity: 'fatal' })],
      end: new JobError('infra-error', killed.message, { hint: '', excerpt: `${hostPanic.block}\n…\nmore` }),
    },
  ],
])('tries a fresh machine after %s, and keeps what the first one showed', async (_, machine) => {
  const { used, end, result } = await run([{ end: killed, ...machine }, { tests: [test('clean')] }])
  expect([used, end]).toEqual([2, 'to the end'])
  const { tests = [], findings = [] } = machine
  expect(result.attempts).toMatchObject([{ outcome: 'infra-error', message: killed.message, tests, findings }])
  expect(result.tests.map(({ name }) => name)).toEqual(['clean'])
  expect([result.counts.total, result.findings]).toEqual([1, []])
})

it('names no file in what it keeps of an earlier machine: the next one wrote the same', async () => {
  const warned = test('a', {
    gating: false,
    attempts: [{ ...exited(1), stdout: { bytes: 2, tail: 'x', truncated: false, file: 'a.txt' } }],
  })
  const { result } = await run([{ tests: [warned], end: killed }, {}])
  expect(result.attempts[0]?.tests[0]?.attempts[0]?.stdout).toEqual({ bytes: 2, tail: 'x', truncated: false })
})

it.each(['guest-lost', 'timed-out', 'cancelled'] as const)('keeps the verdict %s and tells the failure', async (outcome) => {
  const { end } = await run([{ tests: [failed, lost], end: new JobError(outcome, 'it ended', { hint: '' }) }])
  expect(end).toMatchObject({ outcome, message: 'it ended; before that, 1 of 2 tests failed: “selinux” exit code 1 instead of 0' })
})

it('does not tell the panic that lost the guest as something that was before', async () => {
  const panic = finding('kernel-panic', { severity: 'fatal', block: 'Kernel panic' })
  const { end } = await run([{ findings: [panic], end: new JobError('guest-lost', 'it panicked', { hint: '', excerpt: 'Kernel panic' }) }])
  expect(end).toMatchObject({ outcome: 'guest-lost', message: 'it panicked' })
})

const noRoot = new JobError('boot-failed', 'no root', { hint: '' })
const rootMissing = [finding('failed-unit'), finding('root-device-missing', { severity: 'fatal' })]

it('tries the next bus when all that failed is that the root was not there', async () => {
  const { used, end, result } = await run([{ findings: rootMissing, end: noRoot }, {}], ['scsi'])
  expect([used, end]).toEqual([2, 'to the end'])
  expect(result.attempts).toMatchObject([{ outcome: 'boot-failed', findings: rootMissing }])
})

it('does not take back a boot that failed because of what another machine misses', async () => {
  const tooLate = new JobError('boot-failed', 'db: not ready after 5 s', { hint: '', machine: 'db' })
  const { used, end } = await run([{ findings: rootMissing, end: tooLate }, {}], ['scsi'])
  expect([used, end]).toEqual([1, expect.objectContaining({ outcome: 'boot-failed' })])
})

it('does not take back a kernel oops on the bus before', async () => {
  const { used, end } = await run([{ findings: [finding('kernel-oops'), ...rootMissing], end: noRoot }, {}], ['scsi'])
  expect([used, end]).toEqual([1, expect.objectContaining({ outcome: 'boot-failed' })])
})

it('tries no other bus after a test has run: the root was there', async () => {
  const again = new JobError('infra-error', 'root timed out after the reboot', { hint: '', timeout: 'dev-vda2.device' })
  for (const tests of [[failed], [test('passed')]]) {
    const { used, end, result } = await run(
      [
        { tests, findings: [finding('root-device-missing', { severity: 'suspect-host', gating: false, hostCaused: true })], end: again },
        { tests: [test('clean')] },
      ],
      ['scsi'],
    )
    expect(result.warnings.join()).not.toContain('disk-bus')
    if (tests[0] === failed) expect([used, end]).toMatchObject([1, { outcome: 'failed' }])
    else expect([used, end]).toEqual([2, 'to the end']) // the host's fault, on a fresh machine of the same kind
  }
})
