import { expect, it } from 'vitest'
import { colours } from '../../../../src/report/stdout/colours'
import { finalText } from '../../../../src/report/reporters/terminal'
import { bootFailed, failedRun, run, test } from '../../../support/results'

const plain = { reportDir: 'image-test-report', colours: colours(false) }

it('ends a run in which tests failed', () => {
  expect(finalText(failedRun(), plain)).toMatchInlineSnapshot(`
    "Failed: 2 of 12 tests failed: “the root file system grew” exit code 1 instead of 0, and 1 more
      ✗ the root file system grew  exit code 1 instead of 0  .github/image-test.yml:13
      ✗ python3 -m unittest tunirtests.cloudtests  1 of 3 cases failed: test_services  .github/image-test.yml:29
      ! ssh-keygen works under FIPS  exit code 255 instead of 0  .github/image-test.yml:23

    12 tests: 8 passed, 2 failed, 1 failed without gating, 1 flaky, 1 skipped · ready after 18.4 s (KVM) · 1 min 1 s in all
    report  image-test-report
    again   image-test run .github/image-test.yml --image fedora:44"
  `)
})

it('ends a boot that failed', () => {
  expect(finalText(bootFailed(), plain)).toMatchInlineSnapshot(`
    "Boot failed: the kernel panicked 3.9 s after power-on: VFS: Unable to mount root fs on unknown-block(0,0)
      The root file system or its driver is not in the initramfs: look at the bootloader entry and at dracut.

     ┆ [    3.912004] /dev/root: Can't open blockdev
     ┆ [    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
     ┆ [    3.917735] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)

    no test ran · 1 min 1 s in all
    report  image-test-report
    again   image-test run .github/image-test.yml --image fedora:44"
  `)
})

it('ends a run that passed', () => {
  expect(finalText(run(), plain)).toMatchInlineSnapshot(`
    "Passed: 1 test passed

    1 test: 1 passed · ready after 18.4 s (KVM) · 1 min 1 s in all
    report  image-test-report
    again   image-test run .github/image-test.yml --image fedora:44"
  `)
})

it('names every problem of a configuration on a line of its own', () => {
  const message = '2 problems in the configuration\njob.yml:2:5: unknown key `rum`\njob.yml:4:14: `timeout` needs a unit'
  expect(finalText(run({ outcome: 'config-error', message, tests: [], machines: [] }), plain)).toContain(
    `Configuration error: ${message}\n`,
  )
})

it('says of infrastructure that it is not the image', () => {
  expect(finalText(run({ outcome: 'infra-error', message: 'QEMU died' }), plain)).toContain(
    'Infrastructure error (infrastructure, not the image: re-run): QEMU died',
  )
})

it('does not list a thousand failures', () => {
  const tests = Array.from({ length: 1000 }, (_, n) => test(`t${n}`, { outcome: 'failed', message: 'exit 1' }))
  const text = finalText(run({ outcome: 'failed', tests }), plain)
  expect(text.split('\n').length).toBeLessThan(70)
  expect(text).toContain('and 950 more')
})
