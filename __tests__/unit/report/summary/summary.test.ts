import { describe, expect, it } from 'vitest'
import { renderSummary } from '../../../../src/report/summary/summary'
import { timeline } from '../../../../src/report/summary/bars'
import { bootFailed, captured, exited, failedRun, machine, run, test } from '../../../support/results'

it('tells of a run in which tests failed', () => {
  expect(renderSummary(failedRun())).toMatchInlineSnapshot(`
    "## ❌ Failed · Fedora Cloud 44

    2 of 12 tests failed: “the root file system grew” exit code 1 instead of 0, and 1 more

    **12 tests**: 8 passed (1 flaky, 1 failed as expected), 2 failed, 1 failed without gating, 1 skipped · ready after **18.4 s** · **1 min 1 s** in all

    <details open><summary>❌ <b>the root file system grew</b> · exit code 1 instead of 0</summary>

    \`image-test.yml:13\` · about \`fedora-cloud-base.ks:31\` · 0.6 s

    \`\`\`sh
    size=$(df --output=size -B1G / | tail -1)
    [ "$size" -ge 9 ]
    \`\`\`

    <sub>stderr</sub>

    \`\`\`text
    ++ df --output=size -B1G /
    ++ tail -1
    + size='         5'
    + '[' '         5' -ge 9 ']'
    \`\`\`

    </details>

    <details open><summary>❌ <code>python3 -m unittest tunirtests.cloudtests</code> · 1 of 3 cases failed: test&#95;services</summary>

    \`image-test.yml:29\` · 3.2 s

    - \`test_services\` failed: AssertionError: 'inactive' != 'active'

    <sub>stderr</sub>

    \`\`\`text
    FAIL: test_services (tunirtests.cloudtests.TestServices)
    AssertionError: 'inactive' != 'active'
    \`\`\`

    </details>

    ### Tests

    |  | Test | Where | Time |
    | :--- | :--- | :--- | ---: |
    | ✅ | \`rpm -q cloud-init\` | \`image-test.yml:9\` | 0.4&nbsp;s |
    | ✅ | \`systemctl is-system-running --wait\` | \`image-test.yml:11\` | 2.3&nbsp;s |
    | ❌ | the root file system grew<br><sub>exit code 1 instead of 0</sub> | \`image-test.yml:13\` | 0.6&nbsp;s |
    | ✅ | labels are as the policy wants | \`image-test.yml:15\` | 4.9&nbsp;s |
    | ✅ | \`test "$(getenforce)" = Enforcing\` | \`image-test.yml:17\` | 0.4&nbsp;s |
    | ✅ | nobody can unmount the root<br><sub>failed as expected: exit code 32 instead of 0</sub> | \`image-test.yml:19\` | 0.4&nbsp;s |
    | ⚠️ | chronyd stays disabled<br><sub>passed only on a later try</sub> | \`image-test.yml:21\` | 4.4&nbsp;s |
    | ⚠️ | ssh-keygen works under FIPS<br><sub>exit code 255 instead of 0 · does not gate</sub> | \`image-test.yml:23\` | 0.4&nbsp;s |
    | ✅ | \`reboot\` | \`image-test.yml:25\` | 14&nbsp;s |
    | ⚪ | \`dnf needs-restarting\`<br><sub>skipped: when: version &#62;= 45 is not met (44)</sub> | \`image-test.yml:27\` |  |
    | ❌ | \`python3 -m unittest tunirtests.cloudtests\`<br><sub>1 of 3 cases failed: test&#95;services · 3 cases</sub> | \`image-test.yml:29\` | 3.2&nbsp;s |
    | ✅ | \`curl -fsS http://localhost:9090/ping\` | \`image-test.yml:31\` | 0.4&nbsp;s |

    <details><summary>⚠️ <b>ssh-keygen works under FIPS</b> · exit code 255 instead of 0</summary>

    \`image-test.yml:23\` · 0.4 s

    \`\`\`sh
    ssh-keygen -q -t rsa -N '' -f /tmp/k
    \`\`\`

    <sub>stderr</sub>

    \`\`\`text
    Key generation failed: invalid argument
    \`\`\`

    </details>

    ### Findings

    ⚠️ **error** \`failed-unit\` · a unit failed: Failed to start cloud-final.service - Cloud-init: Final Stage. · console line 611, at stage network · does not gate

    > Run \`systemctl status\` and \`journalctl -u\` for the unit in the image.

    \`\`\`text
    [FAILED] Failed to start cloud-final.service - Cloud-init: Final Stage.
    See 'systemctl status cloud-final.service' for details.
    \`\`\`

    ### Warnings

    - the host has 2 CPUs, as many as the machine: tests may be slow

    ### Boot

    First boot: ready after 18.4 s

    \`\`\`text
    firmware       0.1 s  ███▏ 1.3 s
    bootloader     1.5 s     ███▍ 1.4 s
    kernel         2.9 s        ██▊ 1.2 s
    initrd         4.1 s           ████████▍ 3.5 s
    init           7.7 s                    ████████▍ 3.5 s
    network       11.2 s                            ████████▋ 3.6 s
    sshd          14.8 s                                     ██ 0.8 s
    login         15.7 s                                       ██▊ 1.2 s
    cloud-init    16.9 s                                          ███▋ 1.5 s
    ready         18.4 s                                              ◆
    \`\`\`

    <sub>The run: prepare 13 s · boot 18 s · tests 28 s · cleanup 2.2 s</sub>

    ### Image

    | Image | \`fedora:44\`<br>\`https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2\` |
    | :--- | :--- |
    | sha256 | \`5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d\` |
    | Verified | by signature: CHECKSUM signed by 36F6 12DC F27F 7D1A 48A8 35E4 DBFC F71C 6D9F 90A6<br>unchanged by the run |
    | Disk | qcow2, 557 MiB, 5 GiB for the guest |
    | System | Fedora Linux 44 (Cloud Edition), kernel \`6.19.7-300.fc44.x86_64\` |
    | Machine | x86&#95;64, uefi, 2 CPUs, 2 GiB |
    | Accelerator | KVM: /dev/kvm works: a probe guest ran |

    <details><summary>What was put into the guest: 2 seed files, nothing else</summary>

    | File | Size | sha256 |
    | :--- | :--- | :--- |
    | \`meta-data\` | 74 bytes | \`0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\` |
    | \`user-data\` | 1.3 KiB | \`c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00\` |

    </details>

    **Repeat it elsewhere:**

    \`\`\`sh
    image-test run .github/image-test.yml --image fedora:44
    \`\`\`

    <sub>image-test 0.1.0, QEMU 8.2.2, Node 24.19.0 · job \`feedbeeffeed\`</sub>
    "
  `)
})

it('tells of a boot that failed, its console block once', () => {
  expect(renderSummary(bootFailed())).toMatchInlineSnapshot(`
    "## ❌ Boot failed · Fedora Cloud 44

    the kernel panicked 3.9 s after power-on: VFS: Unable to mount root fs on unknown-block(0,0)

    > The root file system or its driver is not in the initramfs: look at the bootloader entry and at dracut.

    \`\`\`text
    [    3.912004] /dev/root: Can't open blockdev
    [    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
    [    3.917735] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
    \`\`\`

    No test ran · **1 min 1 s** in all

    ### Findings

    ❌ **fatal** \`kernel-panic\` · console line 402, at stage kernel

    ### Boot

    First boot: boot failed, kernel panic

    \`\`\`text
    firmware       0.1 s  ███▏ 1.3 s
    bootloader     1.5 s     ███▍ 1.4 s
    kernel         2.9 s        █████████████████████████████████████✗ 15.5 s
    \`\`\`

    <sub>The run: prepare 13 s · boot 18 s · tests 28 s · cleanup 2.2 s</sub>

    ### Image

    | Image | \`fedora:44\`<br>\`https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2\` |
    | :--- | :--- |
    | sha256 | \`5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d\` |
    | Verified | by signature: CHECKSUM signed by 36F6 12DC F27F 7D1A 48A8 35E4 DBFC F71C 6D9F 90A6<br>unchanged by the run |
    | Disk | qcow2, 557 MiB, 5 GiB for the guest |
    | System | Fedora Linux 44 (Cloud Edition), kernel \`6.19.7-300.fc44.x86_64\` |
    | Machine | x86&#95;64, uefi, 2 CPUs, 2 GiB |
    | Accelerator | KVM: /dev/kvm works: a probe guest ran |

    <details><summary>What was put into the guest: 2 seed files, nothing else</summary>

    | File | Size | sha256 |
    | :--- | :--- | :--- |
    | \`meta-data\` | 74 bytes | \`0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\` |
    | \`user-data\` | 1.3 KiB | \`c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00\` |

    </details>

    **Repeat it elsewhere:**

    \`\`\`sh
    image-test run .github/image-test.yml --image fedora:44
    \`\`\`

    <sub>image-test 0.1.0, QEMU 8.2.2, Node 24.19.0 · job \`feedbeeffeed\`</sub>
    "
  `)
})

it.each(['passed', 'failed', 'config-error', 'image-error', 'boot-failed', 'guest-lost', 'infra-error', 'timed-out', 'cancelled'] as const)(
  'has a heading for %s',
  (outcome) => {
    const [heading] = renderSummary(run({ outcome })).split('\n')
    expect(heading).toMatch(/^## (✅|❌|⚠️|⚪) [A-Z].* · Fedora Cloud 44$/u)
    if (outcome === 'infra-error') expect(heading).toContain('infrastructure, not the image: re-run')
  },
)

it('lists every problem of a configuration', () => {
  const message = '2 problems in the configuration\njob.yml:2:5: unknown key `rum`\njob.yml:4:14: `timeout` needs a unit'
  expect(renderSummary(run({ outcome: 'config-error', message, tests: [], machines: [] }))).toContain(
    '2 problems in the configuration\n\n- job.yml:2:5: unknown key `rum`\n- job.yml:4:14: `timeout` needs a unit\n',
  )
})

it('has a column for each machine when there are several', () => {
  const server = { ...machine, name: 'server', firmware: 'bios' }
  const summary = renderSummary(run({ machines: [{ ...machine, name: 'client' }, server] }))
  expect(summary).toContain('|  | `client` | `server` |')
  expect(summary).toContain('| Machine | x86&#95;64, uefi, 2 CPUs, 2 GiB | x86&#95;64, bios, 2 CPUs, 2 GiB |')
})

it('links lines of the checkout when it knows where it lies', () => {
  expect(renderSummary(failedRun(), { serverUrl: 'https://github.com' })).toContain(
    '[`image-test.yml:13`](<https://github.com/fedora-cloud/images/blob/4b1d2f0e9c8b7a695847362514039281706f5e4d/.github/image-test.yml#L13>)',
  )
})

describe('within 900 KiB', () => {
  const long = (count: number, outcome: 'passed' | 'failed') =>
    Array.from({ length: count }, (_, n) =>
      test(`${'|`*_<&'.repeat(30)} ${n}`, {
        outcome,
        command: 'c'.repeat(5000),
        message: '|'.repeat(1000),
        attempts: [{ ...exited(1), stdout: captured('€'.repeat(16_000)), stderr: captured('`'.repeat(16_000)) }],
        cases: Array.from({ length: 60 }, (_, c) => ({ name: `case ${c}`, outcome: 'failed', durationMs: 1, message: '<'.repeat(500) })),
      }),
    )

  it('even when a thousand tests with long names fail at length, and with every part of the report but output', () => {
    const findings = Array.from({ length: 300 }, () => ({ ...failedRun().findings[0], block: '€'.repeat(9000) }) as never)
    const summary = renderSummary(run({ outcome: 'failed', tests: [...long(1000, 'failed'), ...long(3000, 'passed')], findings }))
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(900 * 1024)
    expect(Buffer.byteLength(summary)).toBeGreaterThan(700 * 1024)
    for (const part of ['### Tests', '### Findings', '### Boot', '### Image', 'did not fit here', 'more, in results.json']) {
      expect(summary).toContain(part)
    }
  })

  it('or within what room the step has left', () => {
    expect(Buffer.byteLength(renderSummary(failedRun(), { budgetBytes: 3000 }))).toBeLessThanOrEqual(3000)
  })

  it('folds a long table of tests that passed', () => {
    const tests = [...Array.from({ length: 500 }, (_, n) => test(`good ${n}`)), test('bad', { outcome: 'failed', message: 'exit 1' })]
    const summary = renderSummary(run({ tests, outcome: 'failed' }))
    expect(summary.indexOf('| ❌ | `bad`')).toBeLessThan(summary.indexOf('<details><summary>500 tests passed</summary>'))
    expect(summary).toContain('`good 499`')
  })
})

describe('the timeline', () => {
  it('does not draw what it does not know', () => {
    expect(timeline({ attempt: 1, reason: 'first', outcome: 'boot-failed', stages: [], startedAtMs: 0 })).toBe('')
  })

  it('counts from power-on, takes each stage once and survives times out of order', () => {
    const stages = [
      { stage: 'kernel', atMs: 1200 },
      { stage: 'firmware', atMs: 1100 },
      { stage: 'kernel', atMs: 9000 },
      { stage: 'ready', atMs: 3000 },
    ] as const
    expect(timeline({ attempt: 1, reason: 'first', outcome: 'ready', stages, startedAtMs: 0, poweredOnAtMs: 1000 })).toMatchInlineSnapshot(`
      "firmware       0.1 s    ██▏ 0.1 s
      kernel         0.2 s      ███████████████████████████████████████▌ 1.8 s
      ready          2.0 s                                              ◆"
    `)
  })
})

it('says that output was cut only when it was', () => {
  const withOutput = (stdout: string) =>
    renderSummary(run({ outcome: 'failed', tests: [test('a', { outcome: 'failed', message: 'm', attempts: [exited(1, { stdout })] })] }))
  expect(withOutput('\x1b[31mred\x1b[0m\r\n\n')).toContain('<sub>stdout</sub>\n\n```text\nred\n```')
  expect(withOutput('line\n'.repeat(100))).toContain('<sub>stdout, the end of 500 bytes</sub>')
})

it('says that an image was in the cache', () => {
  const { image } = machine
  expect(renderSummary(run())).not.toContain('from the cache')
  expect(renderSummary(run({ machines: [{ ...machine, image: { ...image, cached: true } }] }))).toContain('.qcow2`<br>from the cache |')
})
