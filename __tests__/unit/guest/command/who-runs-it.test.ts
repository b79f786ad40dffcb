import { afterEach, describe, expect, it } from 'vitest'
import { ownUid, startGuest, type TestGuest } from '../../../support/guest'

const guests: TestGuest[] = []
afterEach(async () => {
  await Promise.all(guests.splice(0).map((guest) => guest[Symbol.asyncDispose]()))
})
const guest = async (options: Parameters<typeof startGuest>[0]): Promise<TestGuest> => {
  const started = await startGuest(options)
  guests.push(started)
  return started
}

describe('a login shell', () => {
  it.each([['bash'], ['dash'], ['busybox', 'sh'], ['zsh'], ['fish'], ['tcsh'], ['ksh']])('may be %s', async (...shell) => {
    const { run } = await guest({ shell })
    expect(await run('echo out; echo err >&2; exit 3')).toMatchObject({ kind: 'exited', code: 3, stdout: 'out\n', stderr: 'err\n' })
    expect(await run('id -un', { as: 'nobody' })).toMatchObject({ kind: 'exited', code: 0, stdout: 'nobody\n' })
  })

  it.each(['zsh', 'tcsh', 'ksh', 'dash', 'bash', 'busybox sh'])(
    'whose .bashrc runs %s in its place runs nothing, neither as its user nor as another one',
    async (program) => {
      const { run } = await guest({ shell: ['bash'], files: { '.bashrc': `exec ${program}` } })
      const name = program.split(' ')[0] ?? ''
      const cause = expect.stringMatching(
        `does not run what it is asked to: /usr/bin/${name}\\w* reads the commands in its place`,
      ) as string
      expect(await run('id -un')).toMatchObject({ kind: 'not-started', cause, stdout: '' })
      expect(await run('id -un', { as: 'nobody' })).toMatchObject({ kind: 'not-started', cause, stdout: '' })
    },
  )

  it('whose .bashrc runs fish, which reads no program from a socket, runs nothing', async () => {
    const { run } = await guest({ shell: ['bash'], files: { '.bashrc': 'exec fish' } })
    expect(await run('id -un', { as: 'nobody' })).toMatchObject({ kind: 'not-started', stdout: '' })
  })

  it('whose .bashrc runs the command as another user runs nothing', async () => {
    const { run } = await guest({ shell: ['bash'], files: { '.bashrc': 'exec sudo -n -u nobody -- sh -c "$BASH_EXECUTION_STRING"' } })
    expect(await run('true')).toMatchObject({
      kind: 'not-started',
      cause: `the login shell runs commands as uid 65534, not as uid ${ownUid}`,
    })
  })

  it('that speaks before it runs anything is not heard in the output of a command', async () => {
    const { run } = await guest({ shell: ['bash'], files: { '.bashrc': 'echo welcome; echo beware >&2; printf "no end"' } })
    expect(await run('echo ok')).toMatchObject({ kind: 'exited', code: 0, stdout: 'ok\n', stderr: '' })
  })

  it('that ends at once is told with what it said', async () => {
    const { run } = await guest({ shell: ['bash'], files: { '.bashrc': 'echo "This account is not available." >&2; exit 0' } })
    expect(await run('true')).toMatchObject({ kind: 'not-started', cause: 'the login shell ended with 0: This account is not available.' })
  })

  it('that never comes to run anything is an error at the deadline, not a hang of the test', async () => {
    const { run } = await guest({ shell: ['bash'], files: { '.bashrc': 'exec sleep 60' } })
    expect(await run('true', { timeoutMs: 500 })).toMatchObject({ kind: 'not-started', cause: 'nothing of it ran within 0.5 s' })
  })

  it('that traces and prints what it reads gives nothing away', async () => {
    const { run } = await guest({ shell: ['bash'], env: { SHELLOPTS: 'xtrace:verbose' } })
    expect(await run('exit 4')).toMatchObject({ kind: 'exited', code: 4, stdout: '' })
  })
})

describe('a sudo that runs as somebody else', () => {
  it('runs nothing', async () => {
    const files = { '.bashrc': 'PATH=$HOME:$PATH', sudo: '#!/bin/sh\nshift 4\nexec "$@"\n' }
    const { run } = await guest({ shell: ['bash'], files })
    expect(await run('id -u', { as: 'nobody' })).toMatchObject({
      kind: 'not-started',
      cause: `sudo, asked for nobody, runs commands as uid ${ownUid}, not as uid 65534`,
      stdout: '',
    })
  })

  it('tells why it refuses', async () => {
    const { run } = await guest({})
    expect(await run('true', { as: 'nobody-like-that' })).toMatchObject({
      kind: 'not-started',
      cause: expect.stringMatching(/^sudo, asked for nobody-like-that, ended with 1: sudo: /) as string,
    })
  })
})
