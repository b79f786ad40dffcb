import assert from 'node:assert/strict'
import type { Expected, Row } from '../row'

// One test passes, one brings the fault about, one is still to come.
const row = (name: string, fault: string, expected: Partial<Expected>, given: Partial<Row> = {}): Row => ({
  name,
  group: 'lost',
  quick: false,
  guest: 'tiny',
  job: [
    'tests:',
    '  - {id: before, run: exit 0}',
    `  - {id: fault, sudo: true, run: ${JSON.stringify(`echo now; ${fault}; sleep 100`)}, continue-on-error: true}`, // a lost guest gates whatever is asked
    '  - {id: after, run: exit 0}',
    'teardown:',
    '  - {id: tidy, run: exit 0}',
  ].join('\n'),
  ...given,
  inputs: { ...given.inputs },
  expected: {
    verdict: 'guest-lost',
    stage: 'ready',
    tests: { before: 'passed', fault: 'error', after: 'not-run', tidy: 'not-run' },
    sign: / │ now/,
    reactSeconds: 5,
    withinSeconds: 120,
    ...expected,
  },
})

const quick = { quick: true }
// Every process but the first and the test's own stands still, sshd's too, though the kernel still answers the network.
const freeze = 'kill -STOP -1'

export const lost: readonly Row[] = [
  row('the kernel panics', 'echo c >/proc/sysrq-trigger', { message: /panicked/, sign: /Kernel panic - not syncing|│ now/ }, quick),
  row('the kernel panics, and only the console tells', 'rmmod pvpanic-pci; echo c >/proc/sysrq-trigger', {
    message: /panicked/,
    sign: /Kernel panic - not syncing/,
  }),
  row('powers off', 'poweroff', { message: /powered itself off/, reactSeconds: 10 }, quick),
  row('powers off at once', 'echo o >/proc/sysrq-trigger', { message: /powered itself off/ }),
  row('reboots unasked', 'reboot', { message: /rebooted by itself/, reactSeconds: 10 }, quick),
  row('resets at once', 'echo b >/proc/sysrq-trigger', { message: /rebooted by itself/ }),
  row('sshd is killed', 'kill -9 $(pidof dropbear)', { message: /stopped answering/, reactSeconds: 10 }, quick),
  // An emulated guest may keep its connection silent for 55 s, one under KVM for 25 s.
  row('halts', 'halt -f', { reactSeconds: 60 }),
  row('freezes', freeze, { message: /stopped answering/, reactSeconds: 60 }),
  row('loses its network', 'ifconfig eth0 down', { message: /stopped answering/, reactSeconds: 60 }),
  ...(
    [
      ['powers off', 'echo o >/proc/sysrq-trigger', /powered itself off/],
      ['panics a moment later', '(sleep 0.1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 & sleep 0.3', /panicked/],
    ] as const
  ).map(([name, fault, message]): Row => ({
    name: `${name} with the last test`,
    group: 'lost',
    quick: true,
    guest: 'tiny',
    job: `tests:\n  - {id: last, sudo: true, run: ${JSON.stringify(fault)}}\n`,
    expected: { verdict: 'guest-lost', stage: 'ready', message, withinSeconds: 120 },
  })),
  {
    name: 'nothing: an old log with a panic in it is printed on the console',
    group: 'lost',
    quick: true,
    guest: 'tiny',
    job: [
      'tests:',
      `  - {id: prints, sudo: true, run: "echo '[    9.1] Kernel panic - not syncing: Attempted to kill init!' >/dev/console; sleep 3"}`,
      '  - {id: after, run: exit 0}',
    ].join('\n'),
    expected: {
      verdict: 'passed',
      tests: { prints: 'passed', after: 'passed' },
      withinSeconds: 120,
      check: ({ result }) => {
        const told = result.findings.map(({ severity, gating, summary = '' }) => ({ severity, gating, summary: summary.slice(0, 54) }))
        assert.deepEqual(told, [{ severity: 'warn', gating: false, summary: 'the console tells of a panic, but the machine answers:' }])
      },
    },
  },
  row(
    'the kernel panics, at the terminal',
    'echo c >/proc/sysrq-trigger',
    { message: /panicked/, sign: /now|Kernel panic/ },
    { by: 'terminal' },
  ),
]
