import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config'
import { load, loadText, problemsOf } from './harness'

describe('a job file with mistakes', () => {
  it('is told all of them at once, each with its line and column', async () => {
    const text = `\
tst: []
machine: {memory: 2, cpus: "2", firmware: efi}
findings: {ignore: [{match: "(", until: 2026-02-30}]}
tests:
  - run: ls
    timeout: 5
    sudo: yes
    sudo: true
  - name: forgot the command
  - run: umount /
    xfail: true
    retry: {times: 3}
  - reboot: true
    user: root
  - run: a
    id: Same
    env: {1A: x}
  - *nothing
`
    const error: unknown = await loadText(text).catch((thrown: unknown) => thrown)
    if (!(error instanceof ConfigError)) throw error
    expect(error.outcome).toBe('config-error')
    expect(error.problems).toHaveLength(16)
    expect(error.problems[0]).toEqual({
      message: 'unknown key `tst`; did you mean `tests`?',
      location: { file: 'job.yml', line: 1, column: 1, endLine: 1, inCheckout: true },
    })
    expect(error.message).toMatchInlineSnapshot(`
      "16 problems in the configuration
      job.yml:1:1: unknown key \`tst\`; did you mean \`tests\`?
      job.yml:2:19: \`memory\` must be a size in M or G such as 512M or 2G, not \`2\`
      job.yml:2:28: \`cpus\` must be written without quotes: 2
      job.yml:2:43: \`firmware\` must be auto, bios, uefi or uefi-secure, not \`efi\`: did you mean uefi?
      job.yml:3:21: a rule needs the key \`reason\`
      job.yml:3:29: \`match\` must be a regular expression, not \`(\`: Unterminated group
      job.yml:3:41: \`until\` must be a date such as 2027-01-31, not \`2026-02-30\`
      job.yml:6:14: \`timeout\` must be a duration with its unit such as 30s, 5m or 1h, not \`5\`
      job.yml:7:11: \`sudo\` must be true or false, not \`yes\`
      job.yml:8:5: \`sudo\` is there twice, first in line 7; remove one
      job.yml:9:5: a test needs \`run: COMMAND\` or \`reboot: true\`
      job.yml:12:5: \`retry\` and \`xfail\` contradict each other: a test that must fail is not tried until it passes; remove one
      job.yml:14:5: \`user\` means nothing to a reboot; remove it
      job.yml:16:9: \`id\` must be lower-case letters, digits and dashes, beginning with a letter, not \`Same\`
      job.yml:17:11: \`1A\` cannot be the name of an environment variable; use letters, digits and _
      job.yml:18:5: \`*nothing\` names no anchor above it"
    `)
  })

  it('is told one mistake in one line', async () => {
    expect(await problemsOf(loadText('tests: []\n'))).toBe('job.yml:1:8: `tests` is an empty list; it needs at least a test')
  })
})

describe('a value', () => {
  const inTest = (line: string): string => `tests:\n  - run: ls\n    ${line}\n`

  it.each([
    ['retry: 3', '`retry` must be a mapping of `times`, `delay`, not `3`'],
    ['retry: {delay: 1s}', '`retry` needs the key `times`'],
    ['retry: {times: 0}', '`times` must be a whole number from 1 to 100, not `0`'],
    ['expect: {exit: []}', '`exit` is an empty list; it needs at least an exit code'],
    ['expect: {exit: [0, 256]}', 'an exit code must be a whole number from 0 to 255, not `256`'],
    ['expect: {stdout: }', '`stdout` has no value; it must be a text'],
    ['expect: {stdout-matches: "["}', '`stdout-matches` must be a regular expression, not `[`: Unterminated character class'],
    [
      'expect: {stdout-matches: "^$"}',
      '`stdout-matches` must be a regular expression, not `^$`: it can match nothing but emptiness; write what has to be there, and for an empty output `stdout: ""`',
    ],
    ['xfail: maybe', '`xfail` must be true or false, not `maybe`'],
    ['xfail: {reason: x, until: tomorrow}', '`until` must be a date such as 2027-01-31, not `tomorrow`'],
    ['continue-on-error: {til: 2027-01-31}', 'unknown key `til`; did you mean `until`?'],
    ['when: {}', '`when` says nothing; give it a key such as `distro`, or remove it'],
    ['when: {distri: fedora}', 'unknown key `distri`; did you mean `distro`?'],
    ['when: {version: "~> 41"}', '`version` must be a version such as `44`, `">=41"` or `">=9, <10"`, not `~> 41`'],
    ['when: {version: [41]}', '`version` must be a version such as `44`, `">=41"` or `">=9, <10"`, not a list'],
    ['when: {arch: arm64}', '`arch` must be x86_64 or aarch64, not `arm64`'],
    ['env: [A]', '`env` must be a mapping of names and values, not a list'],
    ['env: {A: {B: c}}', '`A` must be a text, not a mapping'],
    ['env: {A: 1, A: 2}', '`A` is there twice; remove one'],
    [
      'shell: python',
      "`shell` must be `bash`, `sh` or a command with {0} where the script's file name goes, such as `python3 {0}`, not `python`",
    ],
    ['user: -rf', '`user` must be the name of a user, not `-rf`'],
    ['timeout: 0s', '`timeout` must be a duration with its unit such as 30s, 5m or 1h, not `0s`'],
    ['timeout: 200h', '`timeout` must be a duration with its unit such as 30s, 5m or 1h, not `200h`: longer than a week'],
    ['name: "two\\nlines"', '`name` must be a name on one line, not `two lines`'],
    ['name:', '`name` has no value; it must be a name on one line'],
    ['id: 5', '`id` must be lower-case letters, digits and dashes, beginning with a letter, not `5`'],
    ['sudo: "true"', '`sudo` must be written without quotes: true'],
    ['timeout-minutes: 5', 'unknown key `timeout-minutes`; did you mean `timeout`?'],
    ['workingDirectory: /', 'unknown key `workingDirectory`; did you mean `working-directory`?'],
    ['suite: x', 'unknown key `suite`'],
    ['<<: {user: root}', 'unknown key `<<`; write the keys out, YAML 1.2 has no merge key'],
    ['? [a]\n    : b', 'a key must be a text, not a list'],
    ['user: root\n    sudo: true', '`sudo: true` is `user: root`; give either `sudo` or `user`'],
    ['reboot: true', 'a test has either `run` or `reboot`; write two tests, one after the other'],
  ])('such as %s is refused', async (line, message) => {
    const problems = await problemsOf(loadText(inTest(line)))
    expect(problems.replace(/^job\.yml:\d+:\d+: /, '')).toBe(message)
  })

  it.each([
    ['tests:\n  - run: "  "\n', 'job.yml:2:10: `run` is empty; it must be a command or a script'],
    ['tests:\n  - run:\n', 'job.yml:2:9: `run` has no value; it must be a command or a script'],
    ['tests:\n  - reboot: false\n', 'job.yml:2:13: `reboot` must be true, not `false`'],
    ['tests:\n  - {reboot: true, timeout: 9m, xfail: true}\n', 'job.yml:2:33: `xfail` means nothing to a reboot; remove it'],
    ['tests:\n  run: ls\n', 'job.yml:2:3: `tests` must be a list, each item on a line that starts with `- `, not a mapping'],
    ['tests:\n  - ls\n', 'job.yml:2:5: a test must be a mapping of keys such as `run`, `reboot`, `name`, not `ls`'],
    ['tests:\n', 'job.yml:1:7: `tests` has no value; it must be a list, each item on a line that starts with `- `'],
    [
      'title: nothing to do\n',
      'job.yml:1:1: there are no `tests`; add the key with at least one test, such as `- run: systemctl is-system-running --wait`',
    ],
    [
      'tests: [{run: a, id: x}]\nteardown: [{run: b, id: x}]\n',
      'job.yml:2:25: the id `x` is taken by the test at job.yml:1:22; ids are unique in a job',
    ],
    [
      'tests: [{run: a}]\ndefaults: {env: {A-B: 1}}\n',
      'job.yml:2:18: `A-B` cannot be the name of an environment variable; use letters, digits and _',
    ],
    [
      'tests: [{run: a}]\nimage: {checksum: abc}\n',
      'job.yml:2:19: `checksum` must be sha256:HEX with 64 hexadecimal digits (sha384 and sha512 work as well), not `abc`',
    ],
    [
      'tests: [{run: a}]\nimage: {verify: checksumm}\n',
      'job.yml:2:17: `verify` must be auto, signature, checksum or none, not `checksumm`: did you mean checksum?',
    ],
    ['tests: [{run: a}]\nboot-attempts: 0\n', 'job.yml:2:16: `boot-attempts` must be a whole number from 1 to 10, not `0`'],
    ['tests: [{run: a}]\nfindings: {ignore: [{match: a}]}\n', 'job.yml:2:21: a rule needs the key `reason`'],
  ])('is refused in %j', async (text, message) => {
    expect(await problemsOf(loadText(text))).toBe(message)
  })
})

describe('a text that is not YAML', () => {
  const colon = 'a `: ` inside a text, or a line that is indented too far; put the text in quotes or on its own lines below `|`'
  it.each([
    ['a tab', 'tests:\n\t- run: ls\n', '2:1: not valid YAML: this line is indented with a tab; YAML wants spaces'],
    ['a colon in a text', 'tests:\n  - run: echo a: b\n', `2:10: not valid YAML: ${colon}`],
    [
      'a reserved character',
      'tests:\n  - run: `ls`\n',
      '2:10: not valid YAML: plain value cannot start with reserved character `; put it in quotes',
    ],
    ['an open quote', 'tests:\n  - run: "ls\n', '3:1: not valid YAML: missing closing "quote'],
    [
      'an open bracket',
      'tests: [{run: ls}\n',
      '2:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'a second document',
      'tests: [{run: ls}]\n---\ntests: []\n',
      '2:1: not valid YAML: a second document starts here; write one document per file and no `---` between',
    ],
    [
      'a lost exclamation mark',
      'tests:\n  - run: ! grep x f\n',
      '2:12: a value that starts with `!` is a tag to YAML, and tags are not used here; put the value in quotes',
    ],
    [
      'a backslash',
      'tests:\n  - run: "grep \\d f"\n',
      '2:16: not valid YAML: a text in double quotes has a backslash that YAML does not know; use single quotes or write `\\\\`',
    ],
    [
      'too many brackets',
      '{'.repeat(4_000_000),
      '1:1: this file has more than a million words and signs, which is too much to read; make several of it',
    ],
    ['nesting', `tests: ${'['.repeat(20_000)}`, '1:…: not valid YAML: this is nested too deeply'],
  ])('says where and what to do about %s', async (_, text, message) => {
    expect((await problemsOf(loadText(text))).replace(/^job\.yml:1:\d{3,}:/, 'job.yml:1:…:')).toBe(`job.yml:${message}`)
  })

  it('is still told what is wrong above the error', async () => {
    expect(await problemsOf(loadText('titel: x\nmachine: {cpus: 0}\ntests:\n  - run: echo a: b\n    timeout: 5\n'))).toMatchInlineSnapshot(`
      "3 problems in the configuration
      job.yml:1:1: unknown key \`titel\`; did you mean \`title\`?
      job.yml:2:17: \`cpus\` must be a whole number from 1 to 255, not \`0\`
      job.yml:4:10: not valid YAML: a \`: \` inside a text, or a line that is indented too far; put the text in quotes or on its own lines below \`|\`"
    `)
  })
})

describe('a configuration beyond every measure', () => {
  const aliases = (count: number): string => `setup:\n  - &t {run: ls}\ntests:\n${'  - *t\n'.repeat(count)}`

  it('is refused: more tests than a job may have, also by aliases', async () => {
    expect(await problemsOf(loadText(aliases(10_001)))).toContain('`tests` has 10001 items, and 10000 are the most')
    expect(await problemsOf(loadText(aliases(100_000)))).toContain('`tests` has 100000 items')
    expect(await problemsOf(loadText(aliases(10_000)))).toContain('the job has 10001 tests, and 10000 are the most')
    const commands = 'true\n'.repeat(10_001)
    expect(await problemsOf(load({ inputs: { image: 'x', commands } }))).toContain('there are 10001 commands in it, and 10000 are the most')
  })

  it('is refused: aliases that stand for more than can be read', async () => {
    const env = Array.from({ length: 500 }, (_, index) => `N${index}: x`).join(', ')
    const text = `defaults: {env: &e {${env}}}\ntests:\n${'  - {run: ls, env: *e}\n'.repeat(9000)}`
    const problems = await problemsOf(loadText(text))
    expect(problems).toContain('the aliases of this file repeat more than 4 MiB of it')
    expect(problems.split('\n')).toHaveLength(1)
    const many = Array.from({ length: 501 }, (_, index) => `N${index}: x`).join(', ')
    expect(await problemsOf(loadText(`tests: [{run: ls, env: {${many}}}]`))).toContain('`env` has 501 variables, and 500 are the most')
  })

  it('is told by its first mistakes and their number', async () => {
    const problems = await problemsOf(loadText(`tests:\n${'  - {run: ls, nonsense: 1}\n'.repeat(9000)}`))
    const lines = problems.split('\n')
    expect(lines[0]).toBe('9000 problems in the configuration')
    expect(lines[1]).toMatch(/^job\.yml:2:/)
    expect(lines.at(-1)).toBe('and 8950 more')
    expect(lines).toHaveLength(52)
  })
})

describe('a value that is no text', () => {
  it.each([
    ['run: "a\\0b"', 'holds a NUL character'],
    ['{run: ls, env: {A: "a\\0b"}}', '`A` must be a text'],
    ['{run: ls, name: "a\\0b"}', 'holds a NUL character'],
    ['run: ~', '`run` has no value (~ means none; put it in quotes if it is meant as a text)'],
    ['run: null', '`run` has no value (null means none'],
    ['{run: ls, user: ~}', '`user` has no value (~ means none'],
  ])('is told with its place: %s', async (test, message) => {
    expect(await problemsOf(loadText(`tests:\n  - ${test}\n`))).toMatch(/^job\.yml:2:\d+: /)
    expect(await problemsOf(loadText(`tests:\n  - ${test}\n`))).toContain(message)
  })
})

describe('a pattern that can match nothing but emptiness', () => {
  const emptiness = '(it can match nothing but emptiness|is empty; it must be a regular expression)'

  it.each(['^$', '', '^', '$', '^\\s*$', '\\s*', '(^$)', '^[ \\t]*$', '(?:)', '^\\n*$|^$', '^ *$', '^[\\s]{0,3}$'])(
    '%j is a mistake with its place',
    async (pattern) => {
      const written = JSON.stringify(pattern)
      const expectation = `tests:\n  - run: a\n    expect: {stderr-matches: ${written}}\n`
      expect(await problemsOf(loadText(expectation))).toMatch(new RegExp(`^job.yml:3:30: .*${emptiness}`))
      const rule = (key: string): string => `tests: [a]\nfindings: {${key}: [{match: ${written}, reason: r}]}\n`
      for (const key of ['ignore', 'require']) expect(await problemsOf(loadText(rule(key)))).toMatch(new RegExp(emptiness))
    },
  )

  it.each(['^ok$', '^(ok)?$', '.', '^\\s+$', '\\S', '^(?![\\s\\S]*FAIL)', '[^ ]', '\\d*', '.*'])('%j is none', async (pattern) => {
    await loadText(`tests:\n  - run: a\n    expect: {stdout-matches: ${JSON.stringify(pattern)}}\n`)
  })
})
