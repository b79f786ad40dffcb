import { describe, expect, it } from 'vitest'
import { slug } from '../../../src/config/ids'
import { nearestWord, quote } from '../../../src/lib/wording'
import { firstTest, loadText } from './harness'

const until = (day: string, today: string, key: string) =>
  loadText(`tests:\n  - run: umount /\n    ${key}: {reason: rhbz#1, until: ${day}}\n`, { today })

describe('an exception with a last day', () => {
  it.each(['2026-06-14', '2026-06-15'])('still holds on %s when its last day is 2026-06-15', async (today) => {
    const xfail = await until('2026-06-15', today, 'xfail')
    expect(firstTest(xfail).xfail).toEqual({ reason: 'rhbz#1' })
    expect(xfail.warnings).toEqual([])
    expect(firstTest(await until('2026-06-15', today, 'continue-on-error'))).toMatchObject({ gating: false, nonGatingReason: 'rhbz#1' })
  })

  it('is gone on the day after, with a warning', async () => {
    const xfail = await until('2026-06-15', '2026-06-16', 'xfail')
    expect(firstTest(xfail).xfail).toBeUndefined()
    expect(xfail.warnings).toEqual(['job.yml:2:5: xfail of "umount /" ended on 2026-06-15 and no longer holds'])
    const forgiven = await until('2026-06-15', '2026-06-16', 'continue-on-error')
    expect(firstTest(forgiven)).toMatchObject({ gating: true })
    expect(forgiven.warnings).toEqual(['job.yml:2:5: continue-on-error of "umount /" ended on 2026-06-15 and no longer holds'])
  })

  it('ends for rules about findings as well', async () => {
    const { job, warnings } = await loadText(
      'tests: [{run: a}]\nfindings: {ignore: [{match: a, reason: old, until: 2026-01-31}, {match: b, reason: new}]}\n',
    )
    expect(job.findings.ignore).toEqual([{ match: 'b', reason: 'new' }])
    expect(warnings).toEqual(['job.yml:2:21: the rule of findings.ignore for "a" ended on 2026-01-31 and no longer holds'])
  })

  it('may be written as false, which is no exception', async () => {
    const loaded = await loadText('tests:\n  - {run: a, xfail: false, continue-on-error: false, retry: {times: 1}}\n')
    expect(firstTest(loaded)).toMatchObject({ gating: true, retry: { times: 1, delayMs: 1000 } })
    expect(firstTest(loaded)).not.toHaveProperty('xfail')
  })
})

describe('what a test inherits', () => {
  it.each([
    ['the default user', 'user: tester', '', 'tester'],
    ['its own user before it', 'user: tester', 'user: other', 'other'],
    ['root with sudo', 'user: tester', 'sudo: true', 'root'],
    ['the user that logs in with sudo: false', 'user: tester', 'sudo: false', undefined],
    ['the user that logs in without any', 'shell: sh', '', undefined],
  ])('is %s', async (_, defaults, own, user) => {
    const loaded = await loadText(`defaults: {${defaults}}\ntests:\n  - run: id\n    ${own}\n`)
    expect(firstTest(loaded).user).toBe(user)
  })

  it('is the environment, its own variables last', async () => {
    const loaded = await loadText('defaults: {env: {A: 1, B: 2}}\ntests: [{run: env, env: {B: 3, C: 4}}]\n', {
      inputs: { 'pass-env': 'A KEY' },
      env: { A: 'host', KEY: 'host key' },
    })
    expect(firstTest(loaded).env).toEqual({ A: '1', B: '3', C: '4', KEY: 'host key' })
  })

  it('is the time limit: its own, else the input, else defaults, else five minutes that may be scaled', async () => {
    const text = 'defaults: {timeout: 3m}\ntests: [{run: a}, {run: b, timeout: 9m}, {reboot: true}]\n'
    const limits = async (inputs: Readonly<Record<string, string>>) =>
      (await loadText(text, { inputs })).job.tests.map(({ timeout }) => timeout)
    const written = (minutes: number) => ({ ms: minutes * 60_000, written: true })
    expect(await limits({})).toEqual([written(3), written(9), written(3)])
    expect(await limits({ 'test-timeout': '1m' })).toEqual([written(1), written(9), written(1)])
    expect(firstTest(await loadText('tests: [{run: a}]')).timeout).toEqual({ ms: 300_000, written: false })
  })

  it('is shell and folder', async () => {
    const loaded = await loadText("defaults: {shell: bash, working-directory: /srv}\ntests: [{run: a, shell: 'python3 {0}'}]\n")
    expect(firstTest(loaded)).toMatchObject({ shell: 'python3 {0}', workingDirectory: '/srv' })
  })
})

describe('a text', () => {
  it('may be written as a number or a boolean and stays as it is written', async () => {
    const loaded = await loadText('tests:\n  - run: true\n    name: 1.10\n    expect: {stdout: 0x1F, exit: [0, 2]}\n')
    expect(firstTest(loaded)).toMatchObject({ run: 'true', name: '1.10', id: 'test-1-10', expect: { stdout: '0x1F', exit: [0, 2] } })
  })

  it('of the environment is what GitHub makes of it', async () => {
    const loaded = await loadText('tests:\n  - run: env\n    env: {A: 1.10, B: True, C: , D: yes, E: 010, F: 0x1F, G: null, H: "1.10"}\n')
    expect(firstTest(loaded).env).toEqual({ A: '1.1', B: 'true', C: '', D: 'yes', E: '10', F: '31', G: '', H: '1.10' })
  })

  it('of a script keeps its lines, without carriage returns', async () => {
    const loaded = await loadText('tests:\r\n  - run: |\r\n      if true; then\r\n        echo\r\n      fi\r\n')
    expect(firstTest(loaded)).toMatchObject({ run: 'if true; then\n  echo\nfi\n', name: 'if true; then' })
  })
})

describe('an id', () => {
  it.each([
    ['rpm -q cloud-init', 'rpm-q-cloud-init'],
    ['The root file system grew!', 'the-root-file-system-grew'],
    ['Über Größe', 'uber-gro-e'],
    ['3 disks', 'test-3-disks'],
    ['日本語', 'test'],
    ['! [ -e /x ]', 'e-x'],
    ['x'.repeat(200), 'x'.repeat(61)],
  ])('made of %j is %s', (name, id) => {
    expect(slug(name)).toBe(id)
  })

  it('is unique over setup, tests and teardown, and never the one that another test has asked for', async () => {
    const { job } = await loadText(`
setup: [{run: ls}]
tests: [{run: ls}, {run: ls, id: ls-2}, {run: ls}, {name: LS, run: x}, {reboot: true}, {reboot: true}]
teardown: [{run: ls}]
`)
    expect([...job.setup, ...job.tests, ...job.teardown].map(({ id }) => id)).toEqual([
      'ls',
      'ls-3',
      'ls-2',
      'ls-4',
      'ls-5',
      'reboot',
      'reboot-2',
      'ls-6',
    ])
  })
})

describe('a name', () => {
  it.each([
    ['|\n      \n      # what\n      ls', '# what'],
    ['|\n      systemctl \\\n        status\n      ls', 'systemctl status'],
    ['  ls -l  ', 'ls -l'],
  ])('is the first line of the command that says something: %j', async (run, name) => {
    expect(firstTest(await loadText(`tests:\n  - run: ${run}\n`)).name).toBe(name)
  })
})

describe('a guess', () => {
  it.each([
    ['tst', 'tests'],
    ['fail_fast', 'fail-fast'],
    ['failFast', 'fail-fast'],
    ['tiemout', 'timeout'],
    ['timeout-minutes', 'timeout'],
    ['if', undefined],
    ['services', undefined],
  ])('for %s is %s', (word, known) => {
    expect(nearestWord(word, ['tests', 'fail-fast', 'timeout', 'id', 'setup'])).toBe(known)
  })
})

describe('what somebody wrote', () => {
  it('is quoted on one line without control characters', () => {
    expect(quote(' a\n\u001b[31mb\u202e ')).toBe('`a b?`')
    expect(quote('x'.repeat(100), 5)).toBe('`xxxxx…`')
  })
})
