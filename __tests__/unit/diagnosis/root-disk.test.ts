import { expect, it } from 'vitest'
import { missesRoot } from '../../../src/diagnosis'

it('misses its root by what the initramfs or the panic says', () => {
  expect(missesRoot({ rule: 'root-device-missing', block: 'ALERT!  LABEL=root does not exist.' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: VFS: Unable to mount root fs on unknown-block(0,0)' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: Attempted to kill init!' })).toBe(false)
  expect(missesRoot({ rule: 'initramfs-prompt', block: 'mount: mounting /dev/vda2 on /root failed' })).toBe(false) // it was there
  const arch = "ERROR: device 'UUID=0000' not found. Skipping fsck.\nYou are now being dropped into an emergency shell."
  expect(missesRoot({ rule: 'emergency-shell-prompt', block: arch })).toBe(true)
  expect(missesRoot({ rule: 'emergency-mode', block: 'Timed out waiting for device /dev/disk/by-uuid/0000.' })).toBe(true)
  expect(missesRoot({ rule: 'emergency-mode', block: 'Failed to mount /boot.' })).toBe(false)
})
