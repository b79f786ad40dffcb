import { describe, expect, it } from 'vitest'
import { junit } from '../../../../src/report/reporters/junit'
import type { RunResult } from '../../../../src/results'
import { bootFailed, exited, failedRun, run, test } from '../../../support/results'

const render = (result: RunResult): string => [...junit(result)].join('')

it('has a testcase for each test, for each case of a suite, and does not fail for what does not gate', () => {
  expect(render(failedRun())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="Fedora Cloud 44" tests="14" failures="2" errors="0" skipped="2" time="61.300">
      <testsuite name="tests" tests="14" failures="2" errors="0" skipped="2" time="28.935" timestamp="2026-11-22T10:15:00.000Z">
        <properties>
          <property name="verdict" value="failed"/>
          <property name="accelerator" value="kvm"/>
          <property name="image" value="https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2"/>
          <property name="sha256" value="5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d"/>
          <property name="arch" value="x86_64"/>
          <property name="firmware" value="uefi"/>
        </properties>
        <testcase name="rpm -q cloud-init" classname="tests" file=".github/image-test.yml" line="9" time="0.412">
          <system-out>stdout:
    cloud-init-25.3-1.fc44.noarch</system-out>
        </testcase>
        <testcase name="systemctl is-system-running --wait" classname="tests" file=".github/image-test.yml" line="11" time="2.310"/>
        <testcase name="the root file system grew" classname="tests" file=".github/image-test.yml" line="13" time="0.640">
          <failure message="exit code 1 instead of 0" type="failed"/>
          <system-out>stderr:
    ++ df --output=size -B1G /
    ++ tail -1
    + size='         5'
    + '[' '         5' -ge 9 ']'</system-out>
        </testcase>
        <testcase name="labels are as the policy wants" classname="tests" file=".github/image-test.yml" line="15" time="4.870"/>
        <testcase name="test &quot;$(getenforce)&quot; = Enforcing" classname="tests" file=".github/image-test.yml" line="17" time="0.412"/>
        <testcase name="nobody can unmount the root" classname="tests" file=".github/image-test.yml" line="19" time="0.412"/>
        <testcase name="chronyd stays disabled" classname="tests" file=".github/image-test.yml" line="21" time="4.410"/>
        <testcase name="ssh-keygen works under FIPS" classname="tests" file=".github/image-test.yml" line="23" time="0.412">
          <skipped message="does not gate: exit code 255 instead of 0"/>
          <system-out>stderr:
    Key generation failed: invalid argument</system-out>
        </testcase>
        <testcase name="reboot" classname="tests" file=".github/image-test.yml" line="25" time="14.020"/>
        <testcase name="dnf needs-restarting" classname="tests" file=".github/image-test.yml" line="27" time="0.000">
          <skipped message="when: version &gt;= 45 is not met (44)" type="skipped"/>
        </testcase>
        <testcase name="test_logging" classname="python3 -m unittest tunirtests.cloudtests" file=".github/image-test.yml" line="29" time="0.410"/>
        <testcase name="test_services" classname="python3 -m unittest tunirtests.cloudtests" file=".github/image-test.yml" line="29" time="0.095">
          <failure message="AssertionError: 'inactive' != 'active'" type="failed"/>
        </testcase>
        <testcase name="test_umount" classname="python3 -m unittest tunirtests.cloudtests" file=".github/image-test.yml" line="29" time="0.120"/>
        <testcase name="curl -fsS http://localhost:9090/ping" classname="tests" file=".github/image-test.yml" line="31" time="0.412"/>
      </testsuite>
    </testsuites>
    "
  `)
})

it('is not an empty green file when the machine did not come up', () => {
  expect(render(bootFailed())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="Fedora Cloud 44" tests="1" failures="0" errors="1" skipped="0" time="61.300">
      <testsuite name="image-test" tests="1" failures="0" errors="1" skipped="0" time="0.000" timestamp="2026-11-22T10:15:00.000Z">
        <properties>
          <property name="verdict" value="boot-failed"/>
          <property name="accelerator" value="kvm"/>
          <property name="image" value="https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2"/>
          <property name="sha256" value="5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d"/>
          <property name="arch" value="x86_64"/>
          <property name="firmware" value="uefi"/>
        </properties>
        <testcase name="boot" classname="image-test" time="0.000">
          <error message="the kernel panicked 3.9 s after power-on: VFS: Unable to mount root fs on unknown-block(0,0)" type="boot-failed">The root file system or its driver is not in the initramfs: look at the bootloader entry and at dracut.

    [    3.912004] /dev/root: Can't open blockdev
    [    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
    [    3.917735] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)</error>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `)
})

it.each(['config-error', 'image-error', 'boot-failed', 'guest-lost', 'infra-error', 'timed-out', 'cancelled'] as const)(
  'has an error for %s',
  (outcome) => {
    expect(render(run({ outcome, message: 'why', tests: [] }))).toContain(`<error message="why" type="${outcome}"`)
  },
)

it('has one when nothing that gates ran, or a suite was cut off after good cases', () => {
  expect(render(run({ outcome: 'failed', message: 'nothing that gates ran', tests: [] }))).toContain(
    '<error message="nothing that gates ran"',
  )
  const suite = test('suite', {
    kind: 'suite',
    outcome: 'error',
    message: 'cut off after 1 of 3 cases',
    cases: [{ name: 'first', outcome: 'passed', durationMs: 1 }],
  })
  expect(render(run({ outcome: 'failed', tests: [suite] }))).toContain('<error message="cut off after 1 of 3 cases" type="error"/>')
})

describe('hostile bytes', () => {
  it('stay inside their attributes and elements, and XML 1.0 has a character for each', () => {
    const name = 'a"b<c>&]]>\u0000\u001b[31m\ufffe\ud800\nd\te'
    const xml = render(
      run({
        outcome: 'failed',
        tests: [test(name, { outcome: 'failed', message: name, attempts: [exited(1, { stdout: `${name}</system-out>` })] })],
      }),
    )
    expect(xml).toContain('name="a&quot;b&lt;c&gt;&amp;]]&gt;⟨U+D800⟩&#10;d&#9;e"')
    expect(xml).toContain(']]&gt;⟨U+D800⟩\nd\te&lt;/system-out&gt;</system-out>')
    // eslint-disable-next-line no-control-regex -- they are the subject
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u)
  })
})
