import { describe, expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import { sameTimeout } from '../../../src/run/same-timeout'
import { readConsole } from '../../../src/commands/read-console'

const late = (timeout?: string): JobError => new JobError('infra-error', 'emergency mode', { hint: 'run it again', timeout, stage: 'init' })

describe('a time-out of the guest under emulation', () => {
  it('is the host’s on the first machine, and at another place', () => {
    expect(sameTimeout(undefined, late('a')).outcome).toBe('infra-error')
    expect(sameTimeout(late('a'), late('b')).outcome).toBe('infra-error')
    expect(sameTimeout(late(), late()).outcome).toBe('infra-error')
  })

  it('is the image’s at the same place on two machines, with a word about emulation', () => {
    const told = sameTimeout(late('a'), late('a'))
    expect(told).toMatchObject({ outcome: 'boot-failed', stage: 'init' })
    expect(told.message).toBe('emergency mode; on two machines, both under emulation, which is slow')
    expect(told.hint).toContain('KVM')
  })

  it('is told by a console as the host’s, and under KVM as the image’s', () => {
    const console =
      '[ TIME ] Timed out waiting for device dev-disk-by\\x2duuid-8729\\x2dD09D.device - /dev/disk/by-uuid/8729-D09D.\n[DEPEND] Dependency failed for boot-efi.mount - /boot/efi.\nYou are in emergency mode.\n'
    expect(readConsole(console, { accelerator: 'tcg' })).toMatchObject({
      verdict: 'infra-error',
      findings: [{ timeout: expect.stringContaining('8729-D09D') as string }],
    })
    expect(readConsole(console, { accelerator: 'kvm' }).verdict).toBe('boot-failed')
  })
})
