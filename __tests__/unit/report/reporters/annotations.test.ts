import { describe, expect, it } from 'vitest'
import { annotationsOf } from '../../../../src/report/reporters/annotations'
import { bootFailed, captured, exited, failedRun, run, test } from '../../../support/results'

it('annotates failures at their lines and at the lines they are about, what does not gate as warnings, flaky ones as notices', () => {
  expect(annotationsOf(failedRun())).toMatchInlineSnapshot(`
    [
      {
        "file": ".github/image-test.yml",
        "level": "error",
        "line": 13,
        "message": "$ size=$(df --output=size -B1G / | tail -1)
    [ "$size" -ge 9 ]
    exit code 1 instead of 0 (0.6 s)

    ++ df --output=size -B1G /
    ++ tail -1
    + size='         5'
    + '[' '         5' -ge 9 ']'",
        "title": "the root file system grew",
      },
      {
        "file": ".github/image-test.yml",
        "level": "error",
        "line": 29,
        "message": "1 of 3 cases failed: test_services (3.2 s)

    FAIL: test_services (tunirtests.cloudtests.TestServices)
    AssertionError: 'inactive' != 'active'",
        "title": "python3 -m unittest tunirtests.cloudtests",
      },
      {
        "file": "kickstarts/fedora-cloud-base.ks",
        "level": "error",
        "line": 31,
        "message": "$ size=$(df --output=size -B1G / | tail -1)
    [ "$size" -ge 9 ]
    exit code 1 instead of 0 (0.6 s)

    ++ df --output=size -B1G /
    ++ tail -1
    + size='         5'
    + '[' '         5' -ge 9 ']'",
        "title": "the root file system grew",
      },
      {
        "file": ".github/image-test.yml",
        "level": "warning",
        "line": 23,
        "message": "$ ssh-keygen -q -t rsa -N '' -f /tmp/k
    exit code 255 instead of 0 (0.4 s, does not gate)

    Key generation failed: invalid argument",
        "title": "ssh-keygen works under FIPS",
      },
      {
        "level": "warning",
        "message": "a unit failed: Failed to start cloud-final.service - Cloud-init: Final Stage.
    console of machine, line 611, at stage network
    Run \`systemctl status\` and \`journalctl -u\` for the unit in the image.

    [FAILED] Failed to start cloud-final.service - Cloud-init: Final Stage.
    See 'systemctl status cloud-final.service' for details.",
        "title": "error: failed-unit",
      },
      {
        "file": ".github/image-test.yml",
        "level": "notice",
        "line": 21,
        "message": "$ ! systemctl is-enabled chronyd
    passed only on a later try (4.4 s)",
        "title": "chronyd stays disabled",
      },
    ]
  `)
})

it('annotates a boot that failed with the block that explains it', () => {
  expect(annotationsOf(bootFailed())).toMatchInlineSnapshot(`
    [
      {
        "level": "error",
        "message": "the kernel panicked 3.9 s after power-on: VFS: Unable to mount root fs on unknown-block(0,0)
    The root file system or its driver is not in the initramfs: look at the bootloader entry and at dracut.

    [    3.912004] /dev/root: Can't open blockdev
    [    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
    [    3.917735] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        "title": "Boot failed",
      },
    ]
  `)
})

it('annotates nothing of a run that passed', () => {
  expect(annotationsOf(run())).toEqual([])
})

it('annotates every problem of a configuration at its place', () => {
  const result = run({ outcome: 'config-error', message: '2 problems', hint: 'Correct what is named here.', tests: [], machines: [] })
  const problems = [
    { message: '`image` is missing' },
    { message: 'unknown key `rum`', location: { file: '.github/image-test.yml', line: 2, column: 5, inCheckout: true } },
    { message: 'unknown key `rum`', location: { file: '/tmp/job.yml', line: 9, inCheckout: false } },
  ]
  expect(annotationsOf(result, { problems }).map(({ title, file, line, message }) => [title, file, line, message])).toEqual([
    ['Configuration error', undefined, undefined, '`image` is missing\nCorrect what is named here.'],
    ['Configuration error', '.github/image-test.yml', 2, 'unknown key `rum`\nCorrect what is named here.'],
    ['Configuration error', undefined, undefined, 'unknown key `rum`\nCorrect what is named here.'],
  ])
})

it('says of infrastructure that it is not the image, and to re-run', () => {
  const [annotation] = annotationsOf(run({ outcome: 'infra-error', message: 'QEMU was killed by SIGKILL', tests: [] }))
  expect(annotation).toEqual({
    level: 'error',
    title: 'Infrastructure error (infrastructure, not the image: re-run)',
    message: 'QEMU was killed by SIGKILL',
  })
})

it('annotates a run in which nothing that gates ran', () => {
  const result = run({ outcome: 'failed', message: 'nothing that gates ran', tests: [test('a', { outcome: 'skipped' })] })
  expect(annotationsOf(result)).toEqual([{ level: 'error', title: 'Failed', message: 'nothing that gates ran' }])
})

describe('the limit', () => {
  const failures = (count: number) =>
    Array.from({ length: count }, (_, n) => test(`test ${n}`, { outcome: 'failed', message: 'exit 1', attempts: [exited(1)] }))
  const gating = bootFailed().findings

  it.each([
    [10, 10, 'test 9'],
    [11, 10, 'and 2 more'],
    [500, 10, 'and 491 more'],
  ])('of %d failures shows %d, the last of them: %s', (count, shown, last) => {
    const annotations = annotationsOf(run({ outcome: 'failed', tests: failures(count) }))
    expect(annotations).toHaveLength(shown)
    expect(annotations.at(-1)?.title).toBe(last)
  })

  it('counts for each level, and gating findings come first', () => {
    const tests = [...failures(20), ...failures(20).map((failure) => ({ ...failure, gating: false }))]
    const annotations = annotationsOf(run({ outcome: 'failed', tests, findings: gating }), { limit: 5 })
    expect(annotations.map(({ level, title }) => `${level} ${title}`)).toEqual([
      'error fatal: kernel-panic',
      'error test 0',
      'error test 1',
      'error test 2',
      'error and 17 more',
      'warning test 0',
      'warning test 1',
      'warning test 2',
      'warning test 3',
      'warning and 16 more',
    ])
  })

  it('of 0 shows none', () => {
    expect(annotationsOf(failedRun(), { limit: 0 })).toEqual([])
  })

  it('of a message is 4096 characters, of which the end of the output is kept', () => {
    const tests = [
      test('long', {
        outcome: 'failed',
        command: `echo ${'c'.repeat(5000)}`,
        message: 'm'.repeat(5000),
        attempts: [{ ...exited(1), stdout: captured(`${'o'.repeat(9000)}\nthe end\n`) }],
      }),
    ]
    const [annotation] = annotationsOf(run({ outcome: 'failed', tests }))
    expect(annotation?.message.length).toBeLessThanOrEqual(4096)
    expect(annotation?.message.endsWith('the end')).toBe(true)
    expect(annotation?.message).toContain('mmm')
  })
})

it('takes control characters and deceptive ones out of names and output', () => {
  const tests = [
    test('na\u202eme\n::error::\x1b[31mx', {
      outcome: 'failed',
      attempts: [exited(1, { stdout: '\x1b[31mred\x1b[0m\r\nnext\0\n' })],
      message: 'exit 1',
    }),
  ]
  const [annotation] = annotationsOf(run({ outcome: 'failed', tests }))
  expect(annotation?.title).toBe('na⟨U+202E⟩me ::error::x')
  expect(annotation?.message).toBe('exit 1 (0.4 s)\n\nred\nnext')
})
