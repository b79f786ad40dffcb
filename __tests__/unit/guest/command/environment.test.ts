import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGuest, type TestGuest } from '../../../support/guest'

const shells = [['dash'], ['bash'], ['busybox', 'sh']]
let guest: TestGuest
beforeAll(async () => {
  guest = await startGuest({ files: { startup: 'echo startup\n', python: '#!/bin/sh\necho my python\n' } })
})
afterAll(() => guest[Symbol.asyncDispose]())

const names = [
  'd',
  's',
  't',
  'u',
  'A',
  'IFS',
  'PATH',
  'PS4',
  'TMPDIR',
  'HOME',
  'LD_LIBRARY_PATH',
  'ENV',
  'CDPATH',
  'OPTIND',
  'LC_ALL',
  'token',
  'code',
  'tell',
  'finish',
  'start',
  'image_test_dir',
  'image_test_code',
  'UID',
  'EUID',
  'PPID',
  'SHELLOPTS',
  'BASHOPTS',
  'LINENO',
  'RANDOM',
  'SECONDS',
  '_',
]

it.each(names)('a variable %s is the test’s alone, and gets there as it is', async (name) => {
  const value = `/tmp/it's "$(touch ${guest.home}/was-run)" \\ * =%s`
  const result = await guest.run('tr "\\0" "\\n" </proc/$$/environ', {
    env: { [name]: value },
    shell: "/usr/bin/python3 -c \"import os,sys; sys.stdout.buffer.write(open('/proc/self/environ','rb').read())\" {0}",
  })
  expect(result).toMatchObject({ kind: 'exited', code: 0 })
  expect(result.stdout.split('\0')).toContain(`${name}=${value}`)
  expect(readdirSync(guest.home)).not.toContain('was-run')
})

it('no folder of the test is removed, and its script is the one that runs', async () => {
  for (const name of ['d', 's', 'image_test_dir']) {
    const folder = join(guest.home, `precious-${name}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'script'), 'echo another script\n')
    expect(await guest.run(`echo "$${name}"; ls "$${name}"`, { env: { [name]: folder } })).toMatchObject({ stdout: `${folder}\nscript\n` })
    expect(readdirSync(folder)).toEqual(['script'])
  }
})

it('a PATH of the test leads its commands, and need not lead to the shell that runs it', async () => {
  const result = await guest.run('type tr; tr', { env: { PATH: '/nowhere' }, shell: 'bash {0}' })
  expect(result).toMatchObject({ kind: 'exited', code: 127, stdout: '' })
  const own = { PATH: guest.home }
  expect(await guest.run('', { env: own, shell: 'python {0}' })).toMatchObject({ kind: 'exited', stdout: 'my python\n' })
  expect(await guest.run('', { env: own, shell: 'no-such-program {0}' })).toMatchObject({ kind: 'not-started' })
})

it('a start file of the test’s bash runs in it, once, and nowhere else', async () => {
  const env = { BASH_ENV: join(guest.home, 'startup'), ENV: join(guest.home, 'startup'), SHELLOPTS: 'xtrace' }
  const result = await guest.run('exit 5', { env })
  expect(result).toMatchObject({ kind: 'exited', code: 5, stdout: 'startup\n' })
  expect(result.stderr).not.toContain('image-test-')
})

it('a library that cannot be preloaded is told in the output of the test, and ends nothing', async () => {
  const result = await guest.run('exit 6', { env: { LD_PRELOAD: '/no/such.so' } })
  expect(result).toMatchObject({ kind: 'exited', code: 6 })
  expect(result.stderr).toContain('/no/such.so')
})

it('values of the wrapper do not get into the test', async () => {
  const own = await startGuest({ env: { d: 'z', s: 'y' } })
  expect((await own.run('echo "$d$s"; env | grep -c "image-test\\." || :')).stdout).toBe('zy\n0\n')
  await own[Symbol.asyncDispose]()
})

it.each(shells)('a shell %s as the login shell changes nothing of it', async (...shell) => {
  const own = await startGuest({ shell })
  expect(await own.run('echo "$d|$IFS|$PATH"', { env: { d: '1', IFS: ':', PATH: '/usr/bin' } })).toMatchObject({
    stdout: '1| \t\n|/usr/bin\n',
  })
  await own[Symbol.asyncDispose]()
})
