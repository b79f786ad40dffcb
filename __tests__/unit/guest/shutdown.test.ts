import { describe, expect, it } from 'vitest'
import { asksForShutdown, goingOf } from '../../../src/guest/shutdown'

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
