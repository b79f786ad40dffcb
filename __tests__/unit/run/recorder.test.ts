import { describe, expect, it } from 'vitest'
import type { Job, MachineSpec } from '../../../src/config/job'
import { JobError } from '../../../src/errors'
import type { RunEvent } from '../../../src/events'
import { systemClock } from '../../../src/lib/clock'
import type { Evidence, Plan } from '../../../src/machines/provider'
import type { Finding, ReportFile } from '../../../src/results'
import { emptyJob } from '../../../src/commands/empty-job'
import { createRecorder, type Recorder } from '../../../src/run/recorder'
import { onPaperClock } from '../../support/paper/clock'
import { machineSpec } from '../../support/machine-spec'
import { exited, test } from '../../support/results'

const spec = (name: string): MachineSpec =>
  machineSpec({ name, cpus: 2, image: { source: 'https://user:secret@example.org/a.qcow2?token=1', verify: 'auto' } })
const job: Job = { ...emptyJob('recorded'), machines: [spec('server'), spec('client')] }
const over = { outcome: 'passed', message: 'all well', cleanup: { removed: 1, left: [] } } as const
const finding: Finding = {
  ...{ rule: 'segfault', severity: 'error', gating: true, machine: 'server', source: 'console', stage: 'ready' },
  ...{ atMs: 1, line: 1, block: 'foo[1]: segfault at 0' },
}

const record = <T>(work: (recorder: Recorder, wrote: string[], events: RunEvent[]) => T | Promise<T>): Promise<T> =>
  onPaperClock(
    async () => {
      const wrote: string[] = []
      const events: RunEvent[] = []
      await systemClock.sleep(1000)
      const recorder = createRecorder({
        ...{
          job,
          tool: { version: '1', node: '20' },
          source: { jobSha256: 'ab' },
          replay: 'again',
          onEvent: (event) => void events.push(event),
        },
        files: {
          consoleSink: (machine) => () => void wrote.push(`console of ${machine}`),
          journalSink: (machine) => () => void wrote.push(`journal of ${machine}`),
          screenshot: (machine, png) => Promise.resolve(void wrote.push(`screen of ${machine}: ${Buffer.from(png).toString()}`)),
          qemuLog: (machine, text) => Promise.resolve(void wrote.push(`log of ${machine}: ${text}`)),
          list: (): readonly ReportFile[] => [{ path: 'junit.xml', kind: 'junit', bytes: 1 }],
        },
      })
      return work(recorder, wrote, events)
    },
    { startMs: Date.parse('2026-11-22T10:15:00Z') },
  )

describe('a result', () => {
  it('is whole before anything has happened', async () => {
    const result = await record(({ result }) => result(over))
    expect(result).toMatchObject({
      ...{ schema: 1, outcome: 'passed', message: 'all well', title: 'recorded', startedAt: '2026-11-22T10:15:01.000Z', durationMs: 0 },
      ...{
        tool: { version: '1', node: '20' },
        testbeds: [{ id: 'main', origin: 'boot', machines: ['server', 'client'] }],
        phases: [],
        tests: [],
        findings: [],
        attempts: [],
      },
      ...{ source: { jobSha256: 'ab' }, warnings: [], replay: 'again', files: [{ path: 'junit.xml' }], cleanup: { removed: 1, left: [] } },
    })
    expect(result.machines).toMatchObject([
      {
        name: 'server',
        testbed: 'main',
        provider: 'qemu',
        accelerator: { kind: 'none', slowdown: 1 },
        arch: 'x86_64',
        firmware: 'auto',
        boots: [],
        seed: [],
        image: { verified: 'none', format: 'unknown' },
      },
      { name: 'client' },
    ])
    expect(JSON.stringify(result)).not.toContain('secret')
    for (const absent of ['hint', 'excerpt', 'stage']) expect(result).not.toHaveProperty(absent)
  })

  it('tells what the error that ended the job knew', async () => {
    const error = new JobError('guest-lost', 'gone', { hint: 'Look.', stage: 'ready', excerpt: 'the end' })
    expect(await record(({ result }) => result({ ...over, error }))).toMatchObject({ hint: 'Look.', stage: 'ready', excerpt: 'the end' })
    const bare = await record(({ result }) =>
      result({ ...over, error: new JobError('guest-lost', 'gone', { hint: 'Look.', excerpt: '' }) }),
    )
    expect(bare).not.toHaveProperty('excerpt')
  })

  it('does not change when the run goes on', async () => {
    await record((recorder) => {
      const before = recorder.result(over)
      const text = JSON.stringify(before)
      recorder.test(test('a'))
      recorder.finding(finding)
      recorder.warn('late')
      recorder.phase('tests', 'Tests')
      expect(JSON.stringify(before)).toBe(text)
    })
  })
})

describe('time', () => {
  it('counts from the start, in phases that follow each other', async () => {
    const { phases, durationMs, events } = await record(async (recorder, _, events) => {
      recorder.phase('prepare', 'Prepare')
      await systemClock.sleep(300)
      recorder.phase('boot', 'Boot')
      await systemClock.sleep(500)
      return { ...recorder.result(over), events }
    })
    expect(phases).toEqual([
      { phase: 'prepare', startedAtMs: 0, durationMs: 300 },
      { phase: 'boot', startedAtMs: 300, durationMs: 500 },
    ])
    expect(durationMs).toBe(800)
    expect(events).toEqual([
      { kind: 'phase', phase: 'prepare', title: 'Prepare', atMs: 0 },
      { kind: 'phase', phase: 'boot', title: 'Boot', atMs: 300 },
    ])
  })

  it('of a boot counts from its power-on, once that is known', async () => {
    await record(async ({ openBoot, result }) => {
      await systemClock.sleep(100)
      const boot = openBoot('server', 1, 'first')
      expect(boot.startedAtMs()).toBe(100)
      boot.poweredOn(150)
      expect(boot.startedAtMs()).toBe(150)
      boot.stage('kernel', 160)
      expect(result(over).machines[0]?.boots, 'until it has ended, only a cancel explains it').toEqual([
        {
          attempt: 1,
          reason: 'first',
          outcome: 'cancelled',
          stages: [{ stage: 'kernel', atMs: 160 }],
          startedAtMs: 100,
          poweredOnAtMs: 150,
        },
      ])
      boot.end('boot-failed', 'a panic')
      openBoot('client', 1, 'first').end('ready')
      expect(result(over).machines.map(({ boots }) => boots.map(({ outcome, message }) => [outcome, message]))).toEqual([
        [['boot-failed', 'a panic']],
        [['ready', undefined]],
      ])
    })
  })
})

describe('a machine', () => {
  const started = (change: Partial<Evidence> = {}): Evidence => ({
    argv: ['qemu', '-x'],
    log: '',
    screenshot: () => Promise.resolve(undefined),
    ...change,
  })

  it('is told with what was chosen for it, and what went into it', async () => {
    const result = await record((recorder) => {
      const accelerator = { kind: 'tcg', reason: 'asked for', slowdown: 4 } as const
      const planned = { name: 'client', arch: 'aarch64', firmware: 'uefi', firmwareReason: 'nothing else', accelerator } as const
      recorder.planned({ machines: [planned], tool: '8.2.2' } as unknown as Plan)
      recorder.seed('client', [{ path: 'user-data', content: Buffer.from('abc') }])
      recorder.os('client', { id: 'fedora', version: '44', kernel: '6' })
      recorder.os('client', undefined)
      recorder.machineStarted('client', started())
      return recorder.result(over)
    })
    expect(result.tool.qemu).toBe('8.2.2')
    expect(result.machines[1]).toMatchObject({
      ...{
        arch: 'aarch64',
        firmware: 'uefi',
        firmwareReason: 'nothing else',
        accelerator: { kind: 'tcg' },
        os: { id: 'fedora' },
        argv: ['qemu', '-x'],
      },
      seed: [{ path: 'user-data', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' }],
    })
    expect(result.machines[0], 'and no other machine with it').toMatchObject({ arch: 'x86_64', firmware: 'auto', seed: [] })
  })

  it('has last words: its screen, its command line, and what QEMU said', async () => {
    const { result, wrote } = await record(async ({ lastWords, result }, wrote) => {
      await lastWords('server', started({ log: 'no room\n', screenshot: () => Promise.resolve(Buffer.from('png')) }))
      await lastWords('client', started())
      return { result: result(over), wrote }
    })
    expect(wrote).toEqual(['screen of server: png', 'log of server: qemu -x\n\nno room\n', 'log of client: qemu -x\n\n'])
    expect(result.machines[0]).toMatchObject({ argv: ['qemu', '-x'], qemuLog: 'no room' })
    expect(result.machines[1]).not.toHaveProperty('qemuLog')
  })

  it('that the job does not have is a fault of ours', async () => {
    await expect(record(({ openBoot }) => openBoot('nobody', 1, 'first'))).rejects.toThrow(new RangeError('no machine nobody'))
  })
})

describe('a fresh machine', () => {
  it('begins anew: what the one before showed is set aside, its files by their ends', async () => {
    const warned = test('a', {
      gating: false,
      attempts: [{ ...exited(1, { stdout: 'end\n' }), stdout: { bytes: 9, tail: 'end', truncated: true, file: 'a.txt' } }],
    })
    const result = await record((recorder) => {
      recorder.test(warned)
      recorder.finding(finding)
      recorder.warn('stays')
      recorder.nextAttempt(new JobError('infra-error', 'QEMU died', { hint: '', stage: 'init' }))
      expect([recorder.tests(), recorder.findings()]).toEqual([[], []])
      recorder.test(test('b'))
      recorder.nextAttempt(new JobError('infra-error', 'again', { hint: '' }))
      recorder.test(test('c'))
      return recorder.result(over)
    })
    expect(result.attempts).toMatchObject([
      { outcome: 'infra-error', message: 'QEMU died', stage: 'init', tests: [{ name: 'a' }], findings: [{ rule: 'segfault' }] },
      { message: 'again', tests: [{ name: 'b' }], findings: [] },
    ])
    expect(result.attempts[0]?.tests[0]?.attempts[0]?.stdout).toEqual({ bytes: 9, tail: 'end', truncated: true })
    expect([result.tests.map(({ name }) => name), result.counts.total, result.findings]).toEqual([['c'], 1, []])
    expect(result.warnings).toEqual(['stays'])
  })
})

it('tells findings and warnings as they come', async () => {
  const events = await record((recorder, _, events) => {
    recorder.finding(finding)
    recorder.warn('careful')
    return events
  })
  expect(events).toEqual([
    { kind: 'finding', finding, atMs: 0 },
    { kind: 'warning', text: 'careful', atMs: 0 },
  ])
})

it('keeps each test where it was declared, whenever it ended', async () => {
  const result = await record((recorder) => {
    for (const index of [1, 3, 0, 2]) recorder.test(test(`number ${index}`, { index }))
    return recorder.result(over)
  })
  expect(result.tests.map(({ index }) => index)).toEqual([0, 1, 2, 3])
})
