import { depth, type Rule } from './rule'

const features =
  'The kernel does not know how this file system was made: make it with features that this kernel has (mkfs), or boot a newer kernel.'
const findRoot =
  'Check root= on the kernel command line against the disk (blkid) and that the initramfs holds the driver of the disk (virtio_blk, virtio_scsi; an image that has none of them needs `disk-bus: any`).'

// Why a file system is not mounted: what stands before the mount that fails.
export const storage: readonly Rule[] = [
  {
    id: 'file-system-refused',
    severity: 'error',
    by: 'kernel',
    leads: depth.fileSystem,
    start:
      /(XFS \([^)]{1,60}\): (?:Superblock has unknown|bad version|Invalid superblock|Filesystem has unknown|Unknown (?:in)?compatible).{0,160}|EXT4-fs \([^)]{1,60}\): (?:couldn't mount (?:RDWR )?because of unsupported|unable to read superblock|bad geometry|group descriptors corrupted|corrupt|Unrecognized mount option|filesystem too large).{0,160}|F2FS-fs \([^)]{1,60}\): (?:Can't find valid|Magic Mismatch).{0,100}|SQUASHFS error: .{1,160}|erofs: \(device [^)]{1,40}\): .{0,40}(?:cannot|unsupported|unidentified).{0,120})/,
    hints: ['XFS (', 'EXT4-fs (', 'F2FS-fs (', 'SQUASHFS error', 'erofs: '],
    goesOn: /XFS \(|EXT4-fs \(|SQUASHFS|erofs: |F2FS/,
    maxLines: 6,
    what: 'the kernel refuses a file system',
    todo: features,
  },
  {
    id: 'file-system-unknown',
    severity: 'error',
    by: 'any',
    leads: depth.fileSystem,
    start: /(unknown filesystem type '[^'\n]{1,40}'.{0,40})/,
    hints: ['unknown filesystem type'],
    maxLines: 2,
    what: 'a file system has no driver',
    todo: 'Put the module of this file system into the initramfs (or into the kernel), and make the initramfs anew.',
  },
  {
    id: 'ext4-not-found', // the kernel tries one file system after the other, so alone it means nothing
    severity: 'warn',
    by: 'kernel',
    leads: depth.fileSystem,
    start: /(EXT4-fs \([^)]{1,60}\): VFS: Can't find ext4 filesystem)/,
    hints: ["Can't find ext4"],
    maxLines: 1,
    what: 'a device holds no ext4 file system',
    todo: 'Check the type of the file system in /etc/fstab and rootfstype= against the disk (blkid).',
  },
  {
    id: 'fat-refused',
    severity: 'error',
    by: 'kernel',
    leads: depth.fileSystem,
    start: /(FAT-fs \([^)]{1,60}\): Can't find a valid FAT filesystem)/,
    hints: ['valid FAT'],
    before: /FAT-fs/,
    maxLines: 1,
    what: 'a partition holds no FAT file system',
    todo: 'Check the type of the partition against its line in /etc/fstab (blkid), and that the EFI system partition was formatted.',
  },
  {
    id: 'raid-incomplete',
    severity: 'error',
    by: 'kernel',
    leads: depth.disk,
    start: /(md\/raid[\w-]{0,8}:\S{1,20}: not enough operational (?:devices|mirrors).{0,60})/,
    hints: ['not enough operational'],
    goesOn: /md\/raid|md: /,
    maxLines: 4,
    what: 'a RAID lacks disks',
    todo: 'An image of one disk cannot hold a RAID over several: make it of the disks that are there.',
  },
  {
    id: 'volume-group-incomplete',
    severity: 'error',
    by: 'any',
    leads: depth.disk,
    start: /(VG \S{1,60} is missing PV .{1,120}|Refusing activation of partial LV .{1,100})/,
    hints: ['is missing PV', 'Refusing activation'],
    goesOn: /missing PV|partial LV/,
    maxLines: 4,
    what: 'a volume group of LVM lacks a disk',
    todo: 'An image of one disk has to hold every physical volume of its LVM group (vgreduce, pvmove).',
  },
  {
    id: 'not-decrypted',
    severity: 'error',
    by: 'any',
    leads: depth.fileSystem,
    start:
      /(No key available with this passphrase.{0,40}|Failed to activate with (?:specified passphrase|key file).{0,80}|cryptsetup: ERROR: .{1,160}|Device \S{1,80} is not a valid LUKS device.{0,20}|Too many attempts to activate.{0,60})/,
    hints: ['No key available', 'Failed to activate', 'cryptsetup: ERROR', 'valid LUKS', 'Too many attempts'],
    maxLines: 1,
    what: 'an encrypted disk was not opened',
    todo: 'Check /etc/crypttab and the key of the disk (key file, TPM, passphrase), also those in the initramfs.',
  },
  {
    id: 'mount-failed',
    severity: 'error',
    by: 'any',
    leads: depth.mount,
    // What an initramfs then moves into the root that is not there fails as well.
    start:
      /(mount: mounting \S{1,200} on (?:\/root|\/sysroot|\/newroot|\/new_root|\/mnt-root|\/mnt|\/rootfs)\/? failed: .{1,100}|mount: \/(?:root|sysroot|newroot|new_root|mnt-root|rootfs)\/?: (?!unknown filesystem).{1,160}|ERROR: Failed to mount '.{1,160}|Mounting (?:root|boot media): ?failed.{0,60})/,
    hints: ['mount: ', 'ERROR: Failed to mount', 'failed'],
    goesOn: /^mount: |dmesg\(1\)|^ERROR: Failed to mount/,
    maxLines: 4,
    what: 'the root file system was not mounted',
    todo: 'Check that root= names the right device (blkid), and that kernel or initramfs hold the driver of the disk and of the file system.',
  },
  {
    id: 'root-not-found',
    severity: 'error',
    by: 'any',
    leads: depth.device,
    start:
      /(ERROR: device '\S{1,200}' not found.{0,60}|Block device \S{1,200} is not a valid root device.{0,20}|Can't find root device.{0,80})/,
    hints: ['ERROR: device', 'valid root device', "Can't find root"],
    maxLines: 2,
    what: 'the initramfs did not find the root device',
    todo: findRoot,
  },
  {
    id: 'root-waited-for',
    severity: 'error',
    by: 'any',
    leads: depth.device,
    start: /^(Timed out waiting for device \/.{1,160}, trying to mount anyway)/,
    hints: ['trying to mount anyway'],
    maxLines: 1,
    what: 'a device did not appear',
    todo: 'Check fileSystems of the configuration and root= against the disk (blkid), and boot.initrd.availableKernelModules (virtio_blk, virtio_pci).',
  },
  {
    id: 'init-missing',
    severity: 'error',
    by: 'any',
    leads: depth.mount,
    start:
      /(Target filesystem doesn't have requested .{1,80}|stage 2 init script .{1,160} not found|ERROR: Root device mounted successfully, but .{1,80} does not exist.{0,20})/,
    hints: ['Target filesystem', 'stage 2 init', 'Root device mounted'],
    maxLines: 1,
    what: 'the root file system holds no init',
    todo: 'Check that the root file system holds /sbin/init (or what init= names) and that root= and rootflags= name the right file system.',
  },
]
