import { describe, expect, it } from 'vitest'
import { asksForShutdown, awaitCalm, goingOf } from '../../../src/guest/shutdown'
import { systemClock } from '../../../src/lib/clock'
import { startGuest } from './commands'

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

const calm = async (systemctl: string) => {
  const shell = ['sh', '-c', 'sh "$@"; exit $?', 'login'] // tells a signal by an exit code
  await using guest = await startGuest({ files: { systemctl }, path: 'HOME', shell })
  const request = { machine: 'machine', deadlineMs: systemClock.now() + 60_000, slowdown: 1, asked: false, onWait: () => undefined }
  return await awaitCalm(guest.connection, request, new AbortController().signal)
}

it('takes no machine for ready that kills whoever asks whether it goes', async () => {
  expect(await calm('#!/bin/sh\nexit 0\n')).toBe('calm')
  // The question, and the shell around it, which waits for it.
  expect(
    await calm('#!/bin/sh\nparent() { cut -d" " -f4 /proc/$1/stat; }\nq=$PPID; [ "$(cat /proc/$q/comm)" = sh ]; kill -9 $(parent $q) $q\n'),
  ).toBe('lost')
})
