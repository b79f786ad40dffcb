import { depth, type Rule } from './rule'

const failed = String.raw`(?:\[FAILED\] |systemd\[\d{1,10}\]: )`
const seeAlso = /^See ['"]systemctl status|Dependency failed for /
// What an initrd cannot do without, by name or by description; of the other units, whatever their names, it may need none.
const initrdUnits = String.raw`(?:sysroot(?:-[\w\\]{1,40})?\.mount|/sysroot|ostree-prepare-root|OSTree Prepare|initrd-(?:switch-root|parse-etc|find-nixos|root-\w{1,10}|nixos-activation)|Initrd |ignition-[a-z-]{1,40}|Ignition |coreos-(?:ignition|gpt|luks|inject|propagate|copy|enable)-[a-z-]{1,40}|dracut-(?:cmdline|pre-mount|mount|initqueue|pre-pivot)|dracut (?:cmdline|pre-mount|mount|initqueue|pre-pivot)|bootc-root-setup|systemd-(?:fsck-root|veritysetup@|volatile-root|sysroot-fstab-check)|Switch Root|Integrity Protection Setup)`

// Units whose failure explains why a boot did not come to its end.
export const units: readonly Rule[] = [
  {
    id: 'initrd-unit-failed',
    severity: 'error',
    inInitrd: 'fatal',
    by: 'any',
    voice: true,
    leads: depth.mount,
    start: new RegExp(`${failed}(Failed to (?:start|mount) ${initrdUnits}.{0,160})`),
    hints: ['Failed to start', 'Failed to mount'],
    goesOn: seeAlso,
    maxLines: 8,
    what: 'the initramfs did not come to its end',
    todo: 'Read what the program of this unit said just before: it names what it could not do. The unit is in the initramfs, not in the root file system.',
  },
  {
    id: 'disk-unit-failed', // tried again, or of another disk than the root's
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.mount,
    start: new RegExp(`${failed}(Failed to start (?:systemd-(?:cryptsetup|fsck)@|Cryptography Setup|File System Check on).{0,160})`),
    hints: ['Failed to start'],
    goesOn: seeAlso,
    maxLines: 8,
    what: 'a disk was not opened or not checked',
    todo: 'Read what the program of this unit said just before, and check /etc/crypttab and /etc/fstab against the disk (blkid).',
  },
  {
    id: 'dbus-unit-failed', // takes the network and the logins with it
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.service,
    start: new RegExp(`${failed}(Failed to (?:start|listen on) (?:dbus|D-Bus).{0,120})`),
    hints: ['Failed to start', 'Failed to listen on'],
    goesOn: seeAlso,
    maxLines: 6,
    what: 'D-Bus did not start',
    todo: 'Check the configuration of D-Bus (/usr/share/dbus-1, /etc/dbus-1): without D-Bus there is no network manager and no login.',
  },
  {
    id: 'sshd-unit-failed',
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.service,
    start: new RegExp(
      `${failed}(Failed to start (?:sshd?(?:@\\S{1,40})?\\.service|sshd?\\.socket|sshd-keygen|dropbear|OpenSSH|OpenBSD Secure Shell|LSB: OpenBSD Secure Shell).{0,120})`,
    ),
    hints: ['Failed to start'],
    goesOn: seeAlso,
    maxLines: 6,
    what: 'sshd did not start',
    todo: 'Run `sshd -t` and `journalctl -u sshd` (Debian: ssh) in the image: a mistake in sshd_config, missing host keys, or a missing folder.',
  },
  {
    id: 'network-unit-failed',
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.service,
    start: new RegExp(
      `${failed}(Failed to start (?:NetworkManager|systemd-networkd|networking|wicked|network\\.service|dhcpcd|dhclient|connman|Network (?:Manager|Service|Configuration|Name Resolution)|Raise network|Wait for Network|LSB: Bring up|LSB: Raise|wickedd?|iwd|systemd-resolved).{0,120})`,
    ),
    hints: ['Failed to start'],
    goesOn: seeAlso,
    maxLines: 6,
    what: 'the network did not start',
    todo: 'Run `systemctl status` for this unit in the image; the network has to come up on any interface by DHCP, with the driver virtio_net.',
  },
  {
    id: 'cloud-init-unit-failed',
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.service,
    start: new RegExp(
      `${failed}(Failed to start (?:cloud-(?:init|config|final)|Cloud-init|Initial cloud-init|Apply the settings specified in cloud-config|Execute cloud user).{0,120})`,
    ),
    hints: ['Failed to start'],
    goesOn: seeAlso,
    maxLines: 6,
    what: 'cloud-init failed, so our key may not be in the image',
    todo: 'Read /var/log/cloud-init.log in the image, and run `cloud-init status --long` there.',
  },
  {
    id: 'mount-unit-failed',
    severity: 'error',
    by: 'any',
    voice: true,
    leads: depth.mount,
    start: new RegExp(`${failed}(Failed to mount (?!\\[ *\\d).{1,160})`),
    hints: ['Failed to mount'],
    goesOn: seeAlso,
    maxLines: 6,
    what: 'a file system was not mounted',
    todo: 'Check its line in /etc/fstab against the disk (blkid): device, type and options; in NixOS, fileSystems; `nofail` lets the system come up without it.',
  },
  {
    id: 'harmless-unit-failed', // they fail in initrds that come up all the same
    severity: 'error',
    by: 'any',
    start: new RegExp(
      `${failed}(Failed to start (?:systemd-(?:vconsole-setup|modules-load|udev-settle|sysctl|tmpfiles|hwdb|journal|pcr|tpm2|battery|hibernate|random-seed|binfmt)|plymouth|multipathd|kdump|rng|nm-|Setup Virtual Console|Virtual Console Setup|Load Kernel Modules|Apply Kernel Variables|Show Plymouth).{0,120})`,
    ),
    hints: ['Failed to start'],
    goesOn: seeAlso,
    maxLines: 4,
    what: 'a unit failed',
    todo: 'Run `systemctl status` and `journalctl -u` for the unit in the image.',
  },
]
