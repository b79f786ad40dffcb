// Whole distributions: what they do on healthy and on unhealthy days, with real systemd, cloud-init, OpenSSH and journal.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stages } from '../../../../src/errors'
import type { Evidence, Expected, Row } from '../row'

const row = (guest: string, name: string, expected: Partial<Expected>, given: Partial<Row> = {}): Row => ({
  name,
  group: 'systems',
  quick: false,
  guest,
  ...given,
  inputs: { memory: '1G', ...given.inputs },
  expected: { verdict: 'passed', withinSeconds: 900, ...expected },
})

const healthy = `tests:
  - {id: up, run: systemctl is-system-running --wait, expect: {stdout: running}, timeout: 5m}
  - {id: cloud-init, run: cloud-init status, expect: {stdout: 'status: done'}}
  - {id: root, sudo: true, run: id -un, expect: {stdout: root}}
  - {id: other, user: nobody, run: id -un, expect: {stdout: nobody}}
  - {id: unit, run: python3 -m unittest --help}
  - {id: hangs, run: 'echo $$ >/tmp/hang; sleep 600', timeout: 3s, continue-on-error: true}
  - {id: gone, run: '! kill -0 "$(cat /tmp/hang)"'}
  - {id: left, run: 'touch /var/tmp/left'}
  - {id: again, reboot: true}
  - {id: kept, run: test -e /var/tmp/left}
`

const isHealthy =
  (version: string) =>
  ({ result, reportDir }: Evidence): void => {
    deepEqual(result.findings, [])
    deepEqual(result.warnings, [])
    const [machine] = result.machines
    equal(machine?.os?.id, 'debian')
    equal(machine.os.version, version)
    const [first, again] = machine.boots
    // On a busy host cloud-init may be further than we: a login that comes after a later stage is none.
    deepEqual(
      first?.stages.map(({ stage }) => stage).filter((stage) => stage !== 'login'),
      stages.filter((stage) => stage !== 'login'),
    )
    equal(again?.outcome, 'ready')
    const journal = readFileSync(join(reportDir, 'machines/machine/journal'), 'utf8')
    equal(journal.match(/kernel: Linux version/g)?.length, 2) // of both boots
  }

const passes: Expected['tests'] = {
  ...{ up: 'passed', 'cloud-init': 'passed', root: 'passed', other: 'passed', unit: 'passed', hangs: 'failed', gone: 'passed' },
  ...{ left: 'passed', again: 'passed', kept: 'passed' },
}

const userData = (text: string): Partial<Row> => ({
  prepare: (step) => {
    writeFileSync(join(step.workspace, 'user-data'), text)
    return { inputs: { 'user-data': 'user-data' } }
  },
})

const rules = ({ result }: Evidence): string[] => result.findings.map(({ rule, source }) => `${rule} (${source})`)

export const systems: readonly Row[] = [
  ...(['debian', 'debian13'] as const).flatMap((guest) =>
    (['bios', 'uefi'] as const).map((firmware) =>
      row(
        guest,
        `${guest}, ${firmware}`,
        { tests: passes, check: isHealthy(guest === 'debian' ? '12' : '13') },
        { inputs: { firmware }, job: healthy },
      ),
    ),
  ),
  row(
    'debian-degraded',
    'a unit fails, and a program crashes where only the journal shows it',
    {
      tests: { quiet: 'passed', crash: 'passed' },
      check: (evidence) => {
        deepEqual(rules(evidence), ['failed-unit (console)', 'segfault (journal)'])
        const crash = evidence.result.findings[1]
        equal(crash?.test, 'crash')
        equal(crash.gating, false)
        const journal = readFileSync(join(evidence.reportDir, 'machines/machine/journal'), 'utf8').split('\n')
        match(journal[crash.line - 1] ?? '', /segfault at/)
      },
    },
    {
      job: 'tests:\n  - {id: quiet, run: dmesg --console-level alert, sudo: true}\n  - {id: crash, run: \'python3 -c "import ctypes; ctypes.string_at(0)"\', expect: {exit: 139}}\n',
    },
  ),
  row(
    'debian-degraded',
    'a unit fails, and that gates',
    { verdict: 'failed', message: /failed-unit|broken/ },
    {
      job: "findings: {fail-on: error}\ntests:\n  - run: 'true'\n",
    },
  ),
  row(
    'debian-cloud-init-error',
    'cloud-init ends in error',
    {
      check: (evidence) => {
        ok(rules(evidence).includes('cloud-init-error (console)'), rules(evidence).join())
      },
    },
    { inputs: { commands: 'true' } },
  ),
  row(
    'debian13',
    'cloud-init is degraded: it says done, with errors that it recovered from',
    {
      check: (evidence) => {
        deepEqual(rules(evidence), ['cloud-init-complaint (console)', 'cloud-init-degraded (console)'])
        const [, degraded] = evidence.result.findings
        equal(degraded?.severity, 'warn')
        match(degraded.summary ?? '', /^cloud-init is done, but recovered from an error: WARNING: .*schema/)
      },
    },
    { inputs: { commands: 'cloud-init status | grep done' }, ...userData('#cloud-config\nno_such_key: true\n') },
  ),
  row(
    'debian',
    'a first boot slower than the default limit, which is scaled; until its end pam_nologin refuses logins',
    {
      check: ({ result }) => {
        deepEqual(result.findings, [])
        const boot = result.machines[0]?.boots[0]
        ok((boot?.stages.findLast(({ stage }) => stage === 'ready')?.atMs ?? 0) > 300_000, JSON.stringify(boot?.stages))
        ok((result.machines[0]?.accelerator.slowdown ?? 0) > 1)
      },
    },
    {
      inputs: { commands: 'systemctl is-active systemd-user-sessions' },
      ...userData(
        [
          '#cloud-config',
          'bootcmd:',
          '  - [mkdir, -p, /run/systemd/system/systemd-user-sessions.service.d]',
          "  - printf '[Service]\\nExecStartPre=/bin/sleep 280\\nTimeoutStartSec=infinity\\n' >/run/systemd/system/systemd-user-sessions.service.d/slow.conf",
          '  - [systemctl, daemon-reload]',
          '',
        ].join('\n'),
      ),
    },
  ),
  row(
    'debian',
    'cloud-init never ends',
    {
      check: (evidence) => {
        deepEqual(rules(evidence), ['cloud-init-unfinished (console)'])
      },
    },
    { inputs: { commands: 'true', 'boot-timeout': '240s' }, ...userData('#cloud-config\nruncmd:\n  - sleep 7200\n') },
  ),
  row(
    'debian',
    'cloud-init reboots the machine at the end of its first boot',
    {
      check: ({ result }) => {
        deepEqual(result.findings, [])
      },
    },
    {
      inputs: { commands: 'test -e /var/tmp/first' },
      ...userData('#cloud-config\nruncmd:\n  - [touch, /var/tmp/first]\npower_state: {mode: reboot}\n'),
    },
  ),
  row(
    'debian-cloud-init-disabled',
    'cloud-init is disabled, and the user gives a login',
    {
      warning: /host keys of its own/,
      check: ({ result }) => {
        deepEqual(result.findings, [])
      },
    },
    { inputs: { commands: 'test "$(id -un)" = root', 'login-user': 'root', password: 'image-test' } },
  ),
  row(
    'debian-box',
    'a Vagrant box with OpenSSH, which takes no RSA key with SHA-1 any more',
    {
      warning: /host key of its own, which is known only from the first connection/,
      tests: { user: 'passed', root: 'passed', 'no-cloud-init': 'passed', again: 'passed', still: 'passed' },
      check: ({ result }) => {
        deepEqual(result.findings, [])
        equal(result.warnings.length, 1)
        equal(result.machines[0]?.image.box?.provider, 'libvirt')
      },
    },
    {
      job: `tests:
  - {id: user, run: id -un, expect: {stdout: vagrant}}
  - {id: root, sudo: true, run: id -un, expect: {stdout: root}}
  - {id: no-cloud-init, run: '! command -v cloud-init'}
  - {id: again, reboot: true}
  - {id: still, run: id -un, expect: {stdout: vagrant}}
`,
    },
  ),
  row(
    'debian-emergency',
    'emergency mode, because a file system is missing',
    {
      verdict: 'boot-failed',
      message: /emergency mode/,
      sign: /You are in emergency mode|Emergency Mode|Cannot open access to console/i,
      reactSeconds: 5,
      check: ({ result }) => {
        match(JSON.stringify(result.findings), /data\.mount|\/data/)
      },
    },
    { inputs: { commands: 'true' } },
  ),
  row(
    'debian',
    'powers off with the last test, which is told that it will',
    { verdict: 'guest-lost', stage: 'ready', message: /powered itself off/, tests: { last: 'passed' } },
    { job: 'tests:\n  - {id: last, sudo: true, run: systemctl poweroff}\n' },
  ),
  ...(
    [
      ['the kernel panics', 'echo c >/proc/sysrq-trigger', /panicked/],
      ['powers off', 'systemctl poweroff', /powered itself off/],
      ['reboots unasked', 'systemctl reboot', /rebooted by itself/],
    ] as const
  ).map(([name, fault, message]) =>
    row(
      'debian',
      `${name} during a test`,
      { verdict: 'guest-lost', stage: 'ready', message, tests: { fault: 'error' } },
      {
        job: `tests:\n  - {id: fault, sudo: true, run: ${JSON.stringify(`echo now; ${fault}; sleep 300`)}}\n`,
      },
    ),
  ),
]
