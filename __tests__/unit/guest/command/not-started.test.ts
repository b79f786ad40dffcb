import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { outcomeOf } from '../../../../src/steps/outcome'
import { startGuest, type TestGuest } from '../../../support/guest'

let guest: TestGuest
beforeAll(async () => {
  guest = await startGuest({
    files: { 'bad-interpreter': '#!/no/such/python\n', 'not-executable': 'exit 0\n', good: '#!/bin/sh\nexec sh "$@"\n' },
  })
  chmodSync(join(guest.home, 'not-executable'), 0o644)
})
afterAll(() => guest[Symbol.asyncDispose]())

describe('a command that never started', () => {
  it.each([
    ['a program that is not there', 'no-such-python3 {0}', 'no-such-python3'],
    ['a path that is not there', '/no/such/bash -e {0}', '/no/such/bash'],
    ['a file that may not be executed', 'HOME/not-executable {0}', 'ermission denied'],
    ['a program whose interpreter is not there', 'HOME/bad-interpreter {0}', 'bad-interpreter'],
    ['the script itself, which is no program', '{0}', 'ermission denied'],
    ['a folder', '/usr {0}', '/usr'],
    ['env, which does not find it', 'env A=1 no-such-python3 {0}', 'no-such-python3'],
    ['timeout, which does not find it', 'timeout 5 no-such-python3 {0}', 'no-such-python3'],
    ['sh, which does not find it', `sh -c 'no-such-python3 "$0"' {0}`, 'no-such-python3'],
  ])('because its shell is %s is an error, whatever is expected', async (_, template, words) => {
    const result = await guest.run('exit 127', { shell: template.replace('HOME', guest.home) })
    expect(result).toMatchObject({ kind: 'not-started', cause: expect.stringContaining('could not be executed: ') as string })
    expect(result).toMatchObject({ cause: expect.stringContaining(words) as string })
    for (const xfail of [true, false]) expect(outcomeOf([{ kind: result.kind, matched: true }], xfail)).toBe('error')
  })
})

describe('a script of which nothing proves that it ran', () => {
  it.each([
    ['sudo, which refuses, in', 'sudo -n -u no-such-user bash {0}', {}, 'no-such-user'],
    ['a start file that ends', 'bash -e {0}', { BASH_ENV: 'HOME/ends' }, 'the start file says no'],
    ['a program that fails on whatever it gets,', 'sh -c "echo no such container >&2; exit 125" {0}', {}, 'no such container'],
    ['a program that crashes on whatever it gets,', 'sh -c "echo too old a processor >&2; kill -ILL $$" {0}', {}, 'too old a processor'],
  ])('because of %s its shell, is an error, whatever is expected', async (_, template, variables, words) => {
    writeFileSync(join(guest.home, 'ends'), 'echo the start file says no >&2\nexit 1\n')
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace('HOME', guest.home)]))
    const result = await guest.run('echo ran; exit 0', { shell: template, env })
    expect(result).toMatchObject({ kind: 'not-started', stdout: '', cause: expect.stringContaining('also with an empty script') as string })
    expect(result).toMatchObject({ cause: expect.stringContaining(words) as string })
    for (const xfail of [true, false]) expect(outcomeOf([{ kind: result.kind, matched: false }], xfail)).toBe('error')
  })
})

// The script itself may have run, or runs yet: that it failed is not told by its shell.
describe('a script whose failure nobody would see', () => {
  it.each([
    ['setsid, which leaves it to a child,', 'setsid bash {0}', {}],
    ['systemd-run or the like, which waits for nothing,', 'HOME/starts bash -e {0}', {}],
    ['a program that runs nothing,', 'xargs -a /dev/null -r bash -eo pipefail {0}', {}],
    ['a start file that ends', 'bash -e {0}', { BASH_ENV: 'HOME/ends' }],
    ['a trap of a start file of', 'bash --noprofile --norc -eo pipefail {0}', { BASH_ENV: 'HOME/traps' }],
    ['the profile of', 'bash -l {0}', { HOME: 'HOME/home' }],
    ['the .zshenv of', 'zsh {0}', { HOME: 'HOME/home' }],
  ])('because of %s its shell, is an error, whatever is expected', async (_, template, variables) => {
    const put = (text: string): string => text.replaceAll('HOME', guest.home)
    mkdirSync(join(guest.home, 'home'), { recursive: true })
    const files = { ends: 'exit 0\n', traps: "trap 'exit 0' EXIT\n", 'home/.zshenv': 'exit 0\n', 'home/.bash_profile': 'exit 0\n' }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(guest.home, name), text)
    writeFileSync(join(guest.home, 'starts'), '#!/bin/sh\n"$@" &\n', { mode: 0o755 })
    const env = Object.fromEntries(Object.entries<string>(variables).map(([name, value]) => [name, put(value)]))
    const result = await guest.run('exit 3', { shell: put(template), env })
    expect(result).toMatchObject({ kind: 'unproven', cause: `the shell “${put(template)}” ends with 0 also with a script that fails` })
    for (const xfail of [true, false]) expect(outcomeOf([{ kind: result.kind, matched: true }], xfail)).toBe('error')
  })

  it('also where the guest itself has such a start file', async () => {
    await using other = await startGuest({ files: { ends: 'exit 0\n' }, env: { BASH_ENV: '/no/such/file' } })
    expect(await other.run('exit 0')).toMatchObject({ kind: 'exited', code: 0 })
    await using bad = await startGuest({ env: { BASH_ENV: join(other.home, 'ends') } })
    expect(await bad.run('exit 3')).toMatchObject({ kind: 'unproven' })
    expect(await bad.run('exit 3', { shell: 'sh -e {0}' })).toMatchObject({ kind: 'exited', code: 3 })
  })

  it.each(['bash -n {0}', 'cat {0}', `sh -c 'bash "$0" || true' {0}`, 'sh -c "exit 0" {0}', 'true {0}'])(
    'is taken as it is told where no shell is asked to run it: %s',
    async (shell) => {
      expect(await guest.run('exit 3', { shell })).toMatchObject({ kind: 'exited', code: 0 })
    },
  )

  it.each(['timeout 9 bash -e {0}', 'env A=1 sh {0}', 'busybox sh {0}', 'zsh {0}', '/bin/dash -e {0}', 'bash -l {0}'])(
    'is none of %s',
    async (shell) => {
      const env = { HOME: mkdtempSync(join(tmpdir(), 'home-')) }
      expect(await guest.run('exit 0', { shell, env })).toMatchObject({ kind: 'exited', code: 0 })
      expect(await guest.run('exit 3', { shell, env })).toMatchObject({ kind: 'exited', code: 3 })
    },
  )
})

describe('a script that ran', () => {
  it.each([
    ['exit 1', 1],
    ['exit 127', 127],
    ['exit 126', 126],
    ['no-such-program-at-all', 127],
    ['/etc/passwd', 126],
    ['exec no-such-program-at-all', 127],
    ['rm -rf "$(dirname "$0")"; exit 127', 127],
  ])('and ends with %s fails as any other', async (script, code) => {
    for (const shell of ['bash -e {0}', 'sh -e {0}', 'busybox sh {0}', 'timeout 9 sh {0}', 'env A=1 bash {0}', `${guest.home}/good {0}`])
      expect(await guest.run(script, { shell })).toMatchObject({ kind: 'exited', code })
  })

  it('is run once, also when it ends like a program that is not found', async () => {
    const file = join(guest.home, 'runs')
    writeFileSync(file, '')
    await guest.run(`echo ran >>${file}; exit 127`)
    expect((await guest.run(`cat ${file}`)).stdout).toBe('ran\n')
  })
})
