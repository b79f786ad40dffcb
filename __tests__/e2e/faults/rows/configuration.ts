import assert from 'node:assert/strict'
import type { Row } from '../row'

const group = 'configuration'

// What can be said before anything is fetched.
const mistakes = (
  [
    {
      name: 'no tests at all',
      job: 'tests: []\n',
      expected: { verdict: 'config-error', message: /test/, withinSeconds: 20 },
    },
    {
      name: 'neither a job file nor commands',
      expected: { verdict: 'config-error', message: /commands|config/, withinSeconds: 20 },
    },
    {
      name: 'YAML that is none',
      job: 'tests:\n  - run: "true\n  - {\n',
      expected: {
        verdict: 'config-error',
        withinSeconds: 20,
        check: ({ annotations }) => {
          assert.equal(annotations[0]?.properties['file'], 'job.yml')
        },
      },
    },
    {
      name: 'unknown keys, all told at once with their lines',
      job: 'tests:\n  - run: "true"\n    tiemout: 3s\nteerdown: []\n',
      expected: {
        verdict: 'config-error',
        withinSeconds: 20,
        check: ({ annotations }) => {
          assert.deepEqual(annotations.map(({ properties }) => properties['line']).sort(), ['3', '4'])
        },
      },
    },
    {
      name: 'a contradiction, at the terminal',
      by: 'terminal',
      job: 'tests:\n  - run: "true"\n    xfail: true\n    retry: {times: 2}\n',
      expected: { verdict: 'config-error', message: /contradict/, withinSeconds: 20 },
    },
  ] satisfies Pick<Row, 'name' | 'by' | 'job' | 'expected'>[]
).map((row): Row => ({ ...row, group, quick: true, guest: 'tiny' }))

// What a run of tests comes to.
export const configuration: readonly Row[] = [
  ...mistakes,
  {
    name: 'nothing that gates: a test that may fail, and fails',
    group,
    quick: true,
    guest: 'tiny',
    job: 'tests:\n  - {id: may-fail, run: exit 1, continue-on-error: true}\n',
    expected: { verdict: 'failed', message: /^nothing that gates ran$/, tests: { 'may-fail': 'failed' }, withinSeconds: 120 },
  },
  {
    name: 'nothing that gates: a test that may fail, and passes',
    group,
    quick: false,
    guest: 'tiny',
    job: 'tests:\n  - {id: may-fail, run: exit 0, continue-on-error: true}\n',
    expected: { verdict: 'failed', message: /^nothing that gates ran$/, tests: { 'may-fail': 'passed' }, withinSeconds: 120 },
  },
  {
    name: 'nothing that gates: every test is for another machine',
    group,
    quick: true,
    guest: 'tiny',
    job: [
      'tests:',
      '  - {id: fedora, run: exit 0, when: {distro: [fedora, centos], version: ">=41"}}',
      '  - {id: arm, run: exit 1, when: {arch: aarch64}}',
      '  - {id: variant, reboot: true, when: {variant: cloud}}',
    ].join('\n'),
    expected: {
      verdict: 'failed',
      message: /^nothing that gates ran$/,
      tests: { fedora: 'skipped', arm: 'skipped', variant: 'skipped' },
      withinSeconds: 120,
      check: ({ result, log }) => {
        assert.deepEqual(
          result.tests.map(({ message }) => message),
          [
            'distro is tiny-linux, and it is for fedora or centos only',
            'arch is x86_64, and it is for aarch64 only',
            'the machine does not tell its variant, and it is for cloud only',
          ],
        )
        assert.match(log, /- exit 1 +skipped: arch is x86_64/)
      },
    },
  },
  {
    name: 'a test for this machine runs beside one for another',
    group,
    quick: false,
    guest: 'tiny',
    job: [
      'tests:',
      '  - {id: here, run: exit 0, when: {distro: tiny-linux, arch: [aarch64, x86_64], provider: qemu, accelerator: tcg}}',
      '  - {id: elsewhere, run: exit 1, when: {accelerator: kvm}}',
    ].join('\n'),
    expected: { verdict: 'passed', message: /1 skipped/, tests: { here: 'passed', elsewhere: 'skipped' }, withinSeconds: 120 },
  },
  {
    name: 'fail-fast: what comes after the first failure is not run, the teardown is',
    group,
    quick: false,
    guest: 'tiny',
    inputs: { 'fail-fast': 'true' },
    job: [
      'tests:',
      '  - {id: forgiven, run: exit 1, continue-on-error: true}',
      '  - {id: fails, run: exit 1}',
      '  - {id: after, run: exit 0}',
      'teardown:',
      '  - {id: tidy, run: exit 0}',
    ].join('\n'),
    expected: {
      verdict: 'failed',
      tests: { forgiven: 'failed', fails: 'failed', after: 'not-run', tidy: 'passed' },
      withinSeconds: 120,
    },
  },
  {
    name: 'a setup step fails: no test runs, the teardown does',
    group,
    quick: false,
    guest: 'tiny',
    job: 'setup:\n  - {id: prepare, run: exit 1}\ntests:\n  - {id: one, run: exit 0}\nteardown:\n  - {id: tidy, run: exit 0}\n',
    expected: {
      verdict: 'failed',
      message: /^the setup step “exit 1” failed/,
      tests: { prepare: 'failed', one: 'not-run', tidy: 'passed' },
      withinSeconds: 120,
    },
  },
  {
    name: 'an expected failure that passes',
    group,
    quick: false,
    guest: 'tiny',
    job: 'tests:\n  - {id: passes, run: exit 0, xfail: true}\n  - {id: fails, run: exit 1, xfail: true}\n',
    expected: { verdict: 'failed', message: /succeeded although/, tests: { passes: 'xpassed', fails: 'xfailed' }, withinSeconds: 120 },
  },
  {
    name: 'an expected failure that hangs',
    group,
    quick: false,
    guest: 'tiny',
    job: 'tests:\n  - {id: hangs, run: sleep 100, xfail: true, timeout: 2s}\n',
    expected: { verdict: 'failed', message: /did not end within 2/, tests: { hangs: 'failed' }, withinSeconds: 120 },
  },
  {
    name: 'expected failures: one fails, one passes, one hangs',
    group,
    quick: true,
    guest: 'tiny',
    job: [
      'tests:',
      '  - {id: fails, run: exit 1, xfail: true}',
      '  - {id: passes, run: exit 0, xfail: true}',
      '  - {id: hangs, run: sleep 100, xfail: true, timeout: 2s}',
    ].join('\n'),
    expected: {
      verdict: 'failed',
      message: /^2 of 3 tests failed/,
      tests: { fails: 'xfailed', passes: 'xpassed', hangs: 'failed' },
      withinSeconds: 120,
    },
  },
  {
    name: 'a retry that passes late',
    group,
    quick: true,
    guest: 'tiny',
    job: [
      'tests:',
      '  - id: late',
      '    run: |',
      '      echo x >>/tmp/tries',
      '      test "$(wc -l </tmp/tries)" -ge 3',
      '    retry: {times: 3, delay: 1s}',
    ].join('\n'),
    expected: {
      verdict: 'passed',
      tests: { late: 'flaky' },
      withinSeconds: 120,
      check: ({ result }) => {
        assert.deepEqual(
          result.tests[0]?.attempts.map(({ matched }) => matched),
          [false, false, true],
        )
      },
    },
  },
  {
    name: 'a retry that never passes',
    group,
    quick: false,
    guest: 'tiny',
    job: 'tests:\n  - {id: never, run: exit 1, retry: {times: 2, delay: 0s}}\n',
    expected: { verdict: 'failed', message: /on each of 3 tries/, tests: { never: 'failed' }, withinSeconds: 120 },
  },
]
