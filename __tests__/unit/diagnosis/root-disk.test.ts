import { describe, expect, it } from 'vitest'
import { missesRoot, watchDisks } from '../../../src/diagnosis'

const foundNone = (...lines: readonly string[]): boolean => {
  const disks = watchDisks()
  lines.forEach(disks.see)
  return disks.foundNone
}
const start = '[    0.000000] Linux version 6.1.0-43-amd64 (debian-kernel@lists.debian.org)'

describe('a kernel without any disk', () => {
  it.each([
    'Command line: BOOT_IMAGE=/vmlinuz root=/dev/vda1 console=ttyS0',
    'ALERT!  /dev/vda1 does not exist.  Dropping to a shell!',
    'VFS: Cannot open root device "/dev/sda1" or unknown-block(0,0): error -6',
    'Warning: /dev/nvme0n1p1 does not exist',
  ])('only names what it wants: %s', (line) => {
    expect(foundNone(start, line)).toBe(true)
  })

  it.each([
    '[    3.1] virtio_blk virtio2: [vda] 4179968 512-byte logical blocks (2.14 GB/1.99 GiB)',
    '[    3.1]  vda: vda1 vda2',
    '[    3.1] sd 0:0:0:0: [sda] 262144 512-byte logical blocks: (134 MB/128 MiB)',
    '[    3.1]  sdb: sdb1 sdb2 < sdb5 >',
    '[    3.1]  nvme0n1: p1 p2',
  ])('is not one that says %s', (line) => {
    expect(foundNone(start, line)).toBe(false)
  })

  it('is not known of one that was told to be quiet', () => {
    expect(foundNone('ALERT!  /dev/vda1 does not exist.')).toBe(false)
  })
})

it('misses its root by what the initramfs or the panic says', () => {
  expect(missesRoot({ rule: 'root-device-missing', block: '' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: VFS: Unable to mount root fs on unknown-block(0,0)' })).toBe(true)
  expect(missesRoot({ rule: 'kernel-panic', block: 'not syncing: Attempted to kill init!' })).toBe(false)
  expect(missesRoot({ rule: 'emergency-mode', block: '' })).toBe(false)
})
