import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { join } from 'node:path'
import { chmodSync, writeFileSync } from 'node:fs'
import { outcomeOf } from '../../../../src/steps/outcome'
import { startGuest, type TestGuest } from '../commands'

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
  ])('because of %s its shell, is an error, whatever is expected', async (_, template, variables, words) => {
    writeFileSync(join(guest.home, 'ends'), 'echo the start file says no >&2\nexit 1\n')
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace('HOME', guest.home)]))
    const result = await guest.run('echo ran; exit 0', { shell: template, env })
    expect(result).toMatchObject({ kind: 'not-started', stdout: '', cause: expect.stringContaining('also with an empty script') as string })
    expect(result).toMatchObject({ cause: expect.stringContaining(words) as string })
    for (const xfail of [true, false]) expect(outcomeOf([{ kind: result.kind, matched: false }], xfail)).toBe('error')
  })
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
