// Results of runs as they really look, to render. Each takes changes on top.
import type { Stage } from '../../src/errors'
import type { Captured, ExecResult, MachineResult, RunResult, TestResult } from '../../src/results'
import { countTests } from '../../src/steps/outcome'

export const captured = (tail = '', more: Partial<Captured> = {}): Captured => ({
  bytes: Buffer.byteLength(tail),
  tail,
  truncated: false,
  ...more,
})

export const exited = (code: number, { stdout = '', stderr = '', durationMs = 400, matched = code === 0 } = {}) =>
  ({
    kind: 'exited',
    code,
    durationMs,
    stdout: captured(stdout),
    stderr: captured(stderr),
    matched,
  }) satisfies ExecResult & { matched: boolean }

let line = 7
export const test = (name: string, change: Partial<TestResult> = {}): TestResult => ({
  index: 0,
  id: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
  name,
  kind: 'run',
  part: 'tests',
  machine: 'machine',
  testbed: 'main',
  location: { file: '.github/image-test.yml', line: (line += 2), column: 5, inCheckout: true },
  concerns: [],
  gating: true,
  outcome: 'passed',
  command: name,
  startedAtMs: 34_000,
  durationMs: 412,
  attempts: [exited(0)],
  cases: [],
  ...change,
})

const stageTimes: readonly (readonly [Stage, number])[] = [
  ['firmware', 150],
  ['bootloader', 1_480],
  ['kernel', 2_900],
  ['initrd', 4_100],
  ['init', 7_650],
  ['network', 11_200],
  ['sshd', 14_850],
  ['login', 15_700],
  ['cloud-init', 16_900],
  ['ready', 18_420],
]

const stagesFrom = (startedAtMs: number) => stageTimes.map(([stage, afterMs]) => ({ stage, atMs: startedAtMs + afterMs }))

export const machine: MachineResult = {
  name: 'machine',
  testbed: 'main',
  provider: 'qemu',
  accelerator: { kind: 'kvm', reason: '/dev/kvm works: a probe guest ran', slowdown: 1 },
  arch: 'x86_64',
  firmware: 'uefi',
  memoryBytes: 2 * 1024 ** 3,
  cpus: 2,
  image: {
    asked: 'fedora:44',
    url: 'https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2',
    fetchedSha256: '5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d',
    sha256: '5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d',
    verified: 'signature',
    verifiedBy: 'CHECKSUM signed by 36F6 12DC F27F 7D1A 48A8 35E4 DBFC F71C 6D9F 90A6',
    bytes: 583_729_152,
    virtualBytes: 5 * 1024 ** 3,
    format: 'qcow2',
    unchanged: true,
    cacheKey: 'image-test-sha256-5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d',
  },
  os: { id: 'fedora', version: '44', variant: 'cloud', prettyName: 'Fedora Linux 44 (Cloud Edition)', kernel: '6.19.7-300.fc44.x86_64' },
  seed: [
    { path: 'meta-data', sha256: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0', bytes: 74 },
    { path: 'user-data', sha256: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00', bytes: 1_312 },
  ],
  boots: [{ attempt: 1, reason: 'first', outcome: 'ready', startedAtMs: 12_600, stages: stagesFrom(12_600) }],
}

export const run = (change: Partial<RunResult> = {}): RunResult => {
  const tests = change.tests ?? [test('rpm -q cloud-init')]
  return {
    schema: 1,
    tool: { version: '0.1.0', node: '24.19.0', qemu: '8.2.2' },
    outcome: 'passed',
    message: '1 test passed',
    title: 'Fedora Cloud 44',
    startedAt: '2026-11-22T10:15:00.000Z',
    durationMs: 61_300,
    phases: [
      { phase: 'prepare', startedAtMs: 0, durationMs: 12_600 },
      { phase: 'boot', startedAtMs: 12_600, durationMs: 18_420 },
      { phase: 'tests', startedAtMs: 31_020, durationMs: 28_100 },
      { phase: 'cleanup', startedAtMs: 59_120, durationMs: 2_180 },
    ],
    source: {
      job: { file: '.github/image-test.yml', line: 1, inCheckout: true },
      jobSha256: 'feedbeef'.repeat(8),
      repository: 'fedora-cloud/images',
      commit: '4b1d2f0e9c8b7a695847362514039281706f5e4d',
      runId: '17654321',
      runAttempt: 1,
    },
    testbeds: [{ id: 'main', origin: 'boot', machines: [machine.name] }],
    machines: [machine],
    counts: countTests(tests),
    findings: [],
    attempts: [],
    warnings: [],
    replay: 'image-test run .github/image-test.yml --image fedora:44',
    files: [],
    cleanup: { removed: 3, left: [] },
    ...change,
    tests,
  }
}

// Two of twelve tests fail, one is flaky, one fails as expected, one is skipped and one does not gate.
export const failedRun = (): RunResult => {
  line = 7
  const tests = [
    test('rpm -q cloud-init', { attempts: [exited(0, { stdout: 'cloud-init-25.3-1.fc44.noarch\n' })] }),
    test('systemctl is-system-running --wait', { durationMs: 2_310 }),
    test('the root file system grew', {
      outcome: 'failed',
      message: 'exit code 1 instead of 0',
      command: 'size=$(df --output=size -B1G / | tail -1)\n[ "$size" -ge 9 ]',
      durationMs: 640,
      attempts: [exited(1, { stderr: "++ df --output=size -B1G /\n++ tail -1\n+ size='         5'\n+ '[' '         5' -ge 9 ']'\n" })],
      concerns: [{ file: 'kickstarts/fedora-cloud-base.ks', line: 31, inCheckout: true }],
    }),
    test('labels are as the policy wants', { command: 'restorecon -nv /etc/machine-id', durationMs: 4_870 }),
    test('test "$(getenforce)" = Enforcing'),
    test('nobody can unmount the root', {
      command: 'umount /',
      outcome: 'xfailed',
      message: 'failed as expected: exit code 32 instead of 0',
      attempts: [exited(32)],
    }),
    test('chronyd stays disabled', {
      command: '! systemctl is-enabled chronyd',
      outcome: 'flaky',
      message: 'passed only on a later try',
      durationMs: 4_410,
      attempts: [exited(1), exited(0)],
    }),
    test('ssh-keygen works under FIPS', {
      outcome: 'failed',
      gating: false,
      command: "ssh-keygen -q -t rsa -N '' -f /tmp/k",
      message: 'exit code 255 instead of 0',
      attempts: [exited(255, { stderr: 'Key generation failed: invalid argument\n' })],
    }),
    test('reboot', { kind: 'reboot', durationMs: 14_020, attempts: [] }),
    test('dnf needs-restarting', { outcome: 'skipped', message: 'when: version >= 45 is not met (44)', durationMs: 0, attempts: [] }),
    test('python3 -m unittest tunirtests.cloudtests', {
      kind: 'suite',
      outcome: 'failed',
      message: '1 of 3 cases failed: test_services',
      durationMs: 3_200,
      attempts: [
        exited(1, { stderr: "FAIL: test_services (tunirtests.cloudtests.TestServices)\nAssertionError: 'inactive' != 'active'\n" }),
      ],
      cases: [
        { name: 'test_logging', outcome: 'passed', durationMs: 410 },
        { name: 'test_services', outcome: 'failed', durationMs: 95, message: "AssertionError: 'inactive' != 'active'" },
        { name: 'test_umount', outcome: 'passed', durationMs: 120 },
      ],
    }),
    test('curl -fsS http://localhost:9090/ping'),
  ]
  return run({
    outcome: 'failed',
    message: '2 of 12 tests failed: “the root file system grew” exit code 1 instead of 0, and 1 more',
    tests,
    findings: [
      {
        rule: 'failed-unit',
        summary: 'a unit failed: Failed to start cloud-final.service - Cloud-init: Final Stage.',
        hint: 'Run `systemctl status` and `journalctl -u` for the unit in the image.',
        severity: 'error',
        gating: false,
        machine: 'machine',
        source: 'console',
        stage: 'network',
        atMs: 25_410,
        line: 611,
        block:
          "[FAILED] Failed to start cloud-final.service - Cloud-init: Final Stage.\nSee 'systemctl status cloud-final.service' for details.",
      },
    ],
    warnings: ['the host has 2 CPUs, as many as the machine: tests may be slow'],
  })
}

const block = `[    3.912004] /dev/root: Can't open blockdev
[    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
[    3.917735] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)`

export const bootFailed = (): RunResult =>
  run({
    outcome: 'boot-failed',
    message: 'the kernel panicked 3.9 s after power-on: VFS: Unable to mount root fs on unknown-block(0,0)',
    hint: 'The root file system or its driver is not in the initramfs: look at the bootloader entry and at dracut.',
    excerpt: block,
    stage: 'kernel',
    tests: [],
    machines: [
      {
        ...machine,
        boots: [
          {
            attempt: 1,
            reason: 'first',
            outcome: 'boot-failed',
            message: 'kernel panic',
            startedAtMs: 12_600,
            stages: stagesFrom(12_600).slice(0, 3),
          },
        ],
      },
    ],
    findings: [
      {
        rule: 'kernel-panic',
        severity: 'fatal',
        gating: true,
        machine: 'machine',
        source: 'console',
        stage: 'kernel',
        atMs: 16_500,
        line: 402,
        block,
      },
    ],
  })

// The host failed once; what the first machine showed is set aside.
export const retriedRun = (): RunResult => {
  line = 7
  return run({
    attempts: [
      {
        outcome: 'infra-error',
        message: 'QEMU was killed by SIGKILL',
        stage: 'ready',
        tests: [
          test('rpm -q cloud-init'),
          test('ssh-keygen works', { outcome: 'failed', gating: false, message: 'exit code 255 instead of 0', attempts: [exited(255)] }),
          test('sleep 9', { outcome: 'error', message: 'the guest was lost', interrupted: true, attempts: [] }),
        ],
        findings: [
          {
            ...{ rule: 'segfault', severity: 'error', gating: false, machine: 'machine', source: 'console', stage: 'ready' },
            ...{ atMs: 20_000, line: 5, block: 'foo[7]: segfault at 0', summary: 'a program crashed: foo' },
          },
        ],
      },
    ],
  })
}
