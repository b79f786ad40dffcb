// What to do about a unit, by its name and by what its program said. The first that fits.
const hints: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/, 'Give the image a larger `disk`: there is no space left on its file system.'],
  [
    /segfault at|code=dumped|code=killed|dumped core/,
    'Its program crashed: look at `coredumpctl info` in the image and report the crash to the maintainer.',
  ],
  [
    /Address already in use|Cannot bind any address/,
    'Something else listens on the port of sshd: find it with `ss -tlnp` in the image, a socket unit beside the service for example.',
  ],
  [
    /status=203\/EXEC|Failed at step EXEC/,
    'The program of the unit cannot be started: check that it is there, executable (sshd: /usr/sbin/sshd) and has the right label.',
  ],
  [/ignition/i, 'Check what Ignition is given: its config, where it is fetched from, and the platform that the image was made for.'],
  [
    /composefs|no valid digest/i,
    'Sign the commit and its composefs digest, or switch off in prepare-root.conf what asks for a signature of composefs.',
  ],
  [
    /ostree/i,
    'Check ostree= on the kernel command line against the deployments in /ostree/boot.*: the deployment that it names is not there.',
  ],
  [/verity/i, 'Make the hash tree of dm-verity and the root hash anew after the last write to the file system.'],
  [/cryptsetup/i, 'Check /etc/crypttab and the key of the disk (key file, TPM, passphrase), also those in the initramfs.'],
  [
    /sysroot\.mount|\/sysroot/,
    'Check root=, rootfstype= and rootflags= (subvol=) on the kernel command line against the disk (blkid), and that the kernel knows the file system.',
  ],
  [/dbus/i, 'Check the configuration of D-Bus (/usr/share/dbus-1, /etc/dbus-1): without D-Bus there is no network manager and no login.'],
]

export const unitHint = (block: string): string | undefined => hints.find(([words]) => words.test(block))?.[1]
