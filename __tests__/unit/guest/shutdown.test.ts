import { describe, expect, it } from 'vitest'
import { asksForShutdown, awaitCalm, goingOf } from '../../../src/guest/shutdown'
import { systemClock } from '../../../src/lib/clock'
import { startGuest } from '../../support/guest'

describe('a machine that is about to go', () => {
  it.each([
    ['', undefined],
    ['Last login: never\n', undefined],
    ['state stopping\n', { how: 'unknown', sure: true, sign: 'state stopping' }],
    ['state stopping\njob reboot.target\n', { how: 'unknown', sure: true, sign: 'state stopping' }],
    ['job reboot.target\n', { how: 'reboot', sure: true, sign: 'job reboot.target' }],
    ['process cloud-init\njob poweroff.target\n', { how: 'off', sure: true, sign: 'job poweroff.target' }],
    ['scheduled reboot\n', { how: 'reboot', sure: true, sign: 'scheduled reboot' }],
    ['scheduled poweroff\n', { how: 'off', sure: true, sign: 'scheduled poweroff' }],
    ['process shutdown\n', { how: 'unknown', sure: true, sign: 'process shutdown' }],
    ['process cloud-init\n', { how: 'unknown', sure: false, sign: 'process cloud-init' }],
  ])('says so: %j', (answer, going) => {
    expect(goingOf(answer)).toEqual(going)
  })

  it.each([
    [undefined, false],
    ['#cloud-config\npackages: [vim]\n', false],
    ['#cloud-config\npower_state: {mode: reboot, condition: true}\n', true],
    ['#cloud-config\nruncmd:\n  - echo power_state: none\n', false],
  ])('may be by what its user-data asks for: %j', (text, asks) => {
    expect(asksForShutdown(text)).toBe(asks)
  })
})

const calm = async (systemctl: string, options: Parameters<typeof startGuest>[0] = {}, slowdown = 1) => {
  const shell = ['sh', '-c', 'sh "$@"; exit $?', 'login'] // tells a signal by an exit code
  await using guest = await startGuest({ files: { systemctl }, path: 'HOME', shell, ...options })
  const waits: string[] = []
  const onWait = (why: string): void => void waits.push(why)
  const request = { machine: 'machine', deadlineMs: systemClock.now() + 60_000, slowdown, asked: false, onWait }
  return { came: await awaitCalm(guest.connection, request, new AbortController().signal), waits }
}

it('takes no machine for ready that kills whoever asks whether it goes', async () => {
  expect(await calm('#!/bin/sh\nexit 0\n')).toEqual({ came: 'calm', waits: [] })
  // The question, and the shell around it, which waits for it.
  const killing =
    '#!/bin/sh\nparent() { cut -d" " -f4 /proc/$1/stat; }\nq=$PPID; [ "$(cat /proc/$q/comm)" = sh ]; kill -9 $(parent $q) $q\n'
  expect((await calm(killing)).came).toBe('lost')
})

it.each([
  ['by a signal', ['sh', '-c', 'kill -9 $$', 'login']],
  ['by a signal that a shell tells as an exit code', ['sh', '-c', `sh -c 'kill -TERM $$'; exit $?`, 'login']],
])('nor one that ends the question before it began: %s', async (_, shell) => {
  expect((await calm('', { shell })).came).toBe('lost')
})

it('asks a machine again that does not answer, as one that goes may not', async () => {
  const unanswered = 'the machine does not answer whether it is about to reboot'
  const hangsOnce = '#!/bin/sh\n[ -e "$HOME/asked" ] && exit 0\n: >"$HOME/asked"; sleep 60\n'
  expect(await calm(hangsOnce, {}, 0.3)).toEqual({ came: 'calm', waits: [unanswered] })
  expect((await calm('#!/bin/sh\nsleep 60\n', {}, 0.2)).came).toBe('calm') // for ever, but its tests may go well
})

it('takes no machine for ready in which nothing runs any more', async () => {
  expect((await calm('', { shell: ['sh', '-c', 'sleep 60', 'login'] }, 0.2)).came).toBe('lost')
})
