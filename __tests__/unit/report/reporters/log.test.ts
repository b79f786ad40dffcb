import { describe, expect, it } from 'vitest'
import type { DistributiveOmit, RunEvent } from '../../../../src/events'
import { logReporter, type LogOptions } from '../../../../src/report/reporters/log'
import { runnerOutput } from '../../../../src/report/stdout/runner-output'
import { terminalOutput } from '../../../../src/report/stdout/terminal-output'
import { exited, failedRun, test } from '../../../support/results'

type Event = DistributiveOmit<RunEvent, 'atMs'>

const logOf = (events: readonly Event[], { onRunner = true, ...options }: Partial<LogOptions> & { onRunner?: boolean } = {}): string => {
  let log = ''
  let fences = 0
  const write = (text: string): void => void (log += text)
  const output = onRunner
    ? runnerOutput({ write, colour: false, token: () => `fence-${(fences += 1)}` })
    : terminalOutput({ write, colour: false, tty: false, columns: () => 80 })
  const reporter = logReporter({ output, live: onRunner, ...options })
  events.forEach((event, index) => {
    reporter.onEvent({ ...event, atMs: index * 1000 })
  })
  output.close()
  return log
}

const started = (id: string, name: string, number: number, kind: 'run' | 'reboot' = 'run'): Event => ({
  kind: 'test-started',
  id,
  name,
  test: kind,
  number,
  of: 3,
})

const bad = test('the root file system grew', {
  outcome: 'failed',
  message: 'exit code 1 instead of 0',
  durationMs: 640,
  location: { file: 'job.yml', line: 13, inCheckout: true },
  attempts: [exited(1, { stdout: 'looking\n', stderr: "+ '[' 5 -ge 9 ']'\n" })],
})

const events: readonly Event[] = [
  { kind: 'phase', phase: 'prepare', title: 'Prepare the host and the image' },
  { kind: 'waiting', text: 'downloading fedora.qcow2, 12 %' },
  { kind: 'waiting', text: 'downloading fedora.qcow2, 40 %' },
  { kind: 'note', text: 'CHECKSUM is signed by 36F6…90A6' },
  { kind: 'warning', text: 'KVM does not work here: the machine is emulated' },
  { kind: 'phase', phase: 'boot', title: 'Boot fedora:44' },
  { kind: 'stage', machine: 'machine', stage: 'firmware', sinceStartMs: 150 },
  { kind: 'console', machine: 'machine', text: '[    0.000000] Linux version 6.19.7' },
  { kind: 'console', machine: 'machine', text: '::error::from the console' },
  { kind: 'stage', machine: 'machine', stage: 'kernel', sinceStartMs: 2900 },
  { kind: 'finding', finding: failedRun().findings[0] as never },
  { kind: 'stage', machine: 'server', stage: 'ready', sinceStartMs: 18_420 },
  { kind: 'phase', phase: 'tests', title: 'Tests' },
  started('one', 'rpm -q cloud-init', 1),
  { kind: 'output', id: 'one', stream: 'stdout', text: 'cloud-init-25.3\n' },
  { kind: 'console', machine: 'machine', text: 'audit: noise while a test runs' },
  { kind: 'test-finished', result: test('rpm -q cloud-init', { id: 'one' }) },
  started(bad.id, bad.name, 2),
  { kind: 'output', id: bad.id, stream: 'stdout', text: 'looking\n' },
  { kind: 'output', id: bad.id, stream: 'stderr', text: "+ '[' 5 -ge 9 ']'" },
  { kind: 'test-finished', result: bad },
  started('reboot', 'reboot', 3, 'reboot'),
  { kind: 'console', machine: 'machine', text: 'systemd-shutdown: Rebooting.' },
  { kind: 'test-finished', result: test('reboot', { kind: 'reboot', durationMs: 14_020, attempts: [] }) },
  {
    kind: 'test-finished',
    result: test('ping', {
      outcome: 'flaky',
      message: 'passed only on a later try',
      location: { file: 'job.yml', line: 20, inCheckout: true },
    }),
  },
  { kind: 'test-finished', result: test('umount', { outcome: 'skipped', message: 'when: distro is debian', durationMs: 0 }) },
  { kind: 'phase', phase: 'cleanup', title: 'Clean up' },
]

it('shows a run on a runner', () => {
  expect(logOf(events)).toMatchInlineSnapshot(`
    "::group::Prepare the host and the image
      … downloading fedora.qcow2, 12 %
      CHECKSUM is signed by 36F6…90A6
    ! KVM does not work here: the machine is emulated
    ::endgroup::
    ::group::Boot fedora:44
        0.1 s  firmware
    ::stop-commands::fence-1
     ┆ [    0.000000] Linux version 6.19.7
     ┆ ::error::from the console
    ::fence-1::
        2.9 s  kernel
    ! error: failed-unit: a unit failed: Failed to start cloud-final.service - Cloud-init: Final Stage. (console line 611)
    ::stop-commands::fence-2
     ┆ [FAILED] Failed to start cloud-final.service - Cloud-init: Final Stage.
     ┆ See 'systemctl status cloud-final.service' for details.
    ::fence-2::
       18.4 s  ready (server)
    ::endgroup::
    Tests
    ::group::[1/3] rpm -q cloud-init
    ::stop-commands::fence-3
     │ cloud-init-25.3
    ::fence-3::
    ::endgroup::
    ✓ rpm -q cloud-init  0.4 s
    ::group::[2/3] the root file system grew
    ::stop-commands::fence-4
     │ looking
     ┃ + '[' 5 -ge 9 ']'
    ::fence-4::
    ::endgroup::
    ✗ the root file system grew  exit code 1 instead of 0  0.6 s  job.yml:13
    ::group::[3/3] reboot
    ::stop-commands::fence-5
     ┆ systemd-shutdown: Rebooting.
    ::fence-5::
    ::endgroup::
    ✓ reboot  14 s
    ! ping  passed only on a later try  0.4 s  job.yml:20
    - umount  skipped: when: distro is debian
    ::group::Clean up
    ::endgroup::
    "
  `)
})

it('shows the same run on a terminal, with the output of what failed only', () => {
  expect(logOf(events, { onRunner: false })).toMatchInlineSnapshot(`
    "
    Prepare the host and the image
      … downloading fedora.qcow2, 12 %
      CHECKSUM is signed by 36F6…90A6
    ! KVM does not work here: the machine is emulated

    Boot fedora:44
        0.1 s  firmware
        2.9 s  kernel
    ! error: failed-unit: a unit failed: Failed to start cloud-final.service - Cloud-init: Final Stage. (console line 611)
     ┆ [FAILED] Failed to start cloud-final.service - Cloud-init: Final Stage.
     ┆ See 'systemctl status cloud-final.service' for details.
       18.4 s  ready (server)

    Tests
      … [1/3] rpm -q cloud-init
    ✓ rpm -q cloud-init  0.4 s
    ✗ the root file system grew  exit code 1 instead of 0  0.6 s  job.yml:13
     │ looking
     ┃ + '[' 5 -ge 9 ']'
    ✓ reboot  14 s
    ! ping  passed only on a later try  0.4 s  job.yml:20
    - umount  skipped: when: distro is debian

    Clean up
    "
  `)
})

describe('bounded', () => {
  const output = (id: string, text: string): Event => ({ kind: 'output', id, stream: 'stdout', text })

  it('shows so much of a test and says where the rest is', () => {
    const log = logOf(
      [started('one', 'one', 1), output('one', 'x'.repeat(60)), output('one', `${'y'.repeat(60)}\n`), output('one', 'more\n')],
      {
        liveChars: { perGroup: 100, inAll: 1000 },
      },
    )
    expect(log).toContain(`${'x'.repeat(60)}${'y'.repeat(40)}\n`)
    expect(log.match(/the rest is in the report, in outputs\/one\.stdout\.txt/g)).toHaveLength(1)
    expect(log).not.toContain('more')
  })

  it('and so much of a run', () => {
    const log = logOf(
      Array.from({ length: 5 }, (_, n) => [
        started(`t${n}`, `t${n}`, n),
        output(`t${n}`, `${'q'.repeat(99)}\n`),
        { kind: 'test-finished', result: test(`t${n}`) } as const,
      ]).flat(),
      { liveChars: { perGroup: 1000, inAll: 250 } },
    )
    expect(log.match(/q/g)?.length).toBe(248)
    expect(log.match(/the rest is in the report/g)).toHaveLength(3)
  })
})

it('keeps to one group when tests run beside each other', () => {
  const log = logOf([
    started('a', 'a', 1),
    started('b', 'b', 2),
    { kind: 'output', id: 'b', stream: 'stdout', text: 'from b\n' },
    { kind: 'output', id: 'a', stream: 'stdout', text: 'from a\n' },
    { kind: 'test-finished', result: test('b') },
    { kind: 'test-finished', result: test('a') },
  ])
  expect(log.match(/::group::/g)).toHaveLength(1)
  expect(log).toContain('from a')
  expect(log).not.toContain('from b')
})
