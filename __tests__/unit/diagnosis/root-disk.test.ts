import { expect, it } from 'vitest'
import { missesRoot } from '../../../src/diagnosis'

it('misses its root by what the initramfs or the panic says', () => {
  expect(missesRoot({ rule: 'root-device-missing', block: '' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: VFS: Unable to mount root fs on unknown-block(0,0)' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: Attempted to kill init!' })).toBe(false)
  expect(missesRoot({ rule: 'initramfs-prompt', block: 'mount: mounting /dev/vda2 on /root failed' })).toBe(false) // it was there
  expect(missesRoot({ rule: 'emergency-mode', block: '' })).toBe(false)
})
