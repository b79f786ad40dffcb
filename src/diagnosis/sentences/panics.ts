import { ruleById } from '../rules'

// What to do about a panic, by its words and those before it. The first that fits.
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /Unable to mount root fs|Cannot open root device/,
    'Check root= on the kernel command line against the disk (blkid), that an initramfs is loaded, and that it holds the driver of the disk (virtio_blk, virtio_scsi; an image that has none of them needs `disk-bus: any`) and of the file system.',
  ],
  [
    /No working init found|Requested init/,
    'Check that the root file system holds /sbin/init (or what init= names), executable and of the right architecture, and that the initramfs was made for this image.',
  ],
  [
    /in fips mode|FIPS/,
    'A self test of the kernel fails in FIPS mode: check that kernel and modules are those that were certified together, or boot without fips=1.',
  ],
  [
    /compressed archive/,
    'The initramfs is damaged or cut off: make it anew (dracut, update-initramfs) and check that there is memory enough for it.',
  ],
  [/IP-Config: no devices/, 'The root is on the network, and the kernel has no driver for the card: put virtio_net into the initramfs.'],
  [/Fatal glibc error|exitcode=0x00000004/, ruleById('cpu-too-old')?.todo ?? ''], // SIGILL
  [
    /exitcode=0x00007f00|exitcode=0x00000100|exitcode=0x00000200/,
    'The first program (init) exited by itself: check its libraries (ldd), its script and what it printed just before.',
  ],
  [/exitcode=0x0000000[b67]/, 'The first program crashed by a signal: check that it and its libraries are whole.'],
  [
    /Out of memory|System is deadlocked on memory|out of memory/,
    'Give the machine more `memory`: the kernel, its initramfs and the first programs did not fit.',
  ],
  [/sysrq/i, 'Somebody asked for this crash over /proc/sysrq-trigger or the keyboard: look for what wrote to it.'],
  [/SELinux|audit: /, 'Check the SELinux policy of the image, and labels (touch /.autorelabel), or boot with enforcing=0 to see more.'],
  [/dm-verity|device-mapper: verity/, ruleById('dm-verity-corrupted')?.todo ?? ''],
  [/Fatal exception|BUG|Oops/, 'The kernel crashed: report it to its maintainer with this block; try the image with the kernel before it.'],
]

export const panicHint = (block: string): string | undefined => hints.find(([words]) => words.test(block))?.[1]
