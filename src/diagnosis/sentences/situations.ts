// What a machine looked like when its time was up, in words.
import type { Stage } from '../../errors'
import { clean } from './summary'

// What the SSH side saw until the deadline.
export interface SshView {
  readonly refused: number // connections that nothing in the guest took
  readonly silent: number // connections on which not a word came
  readonly banners: number
  readonly loginsRefused: readonly string[] // users
  readonly refusal?: string | undefined // what sshd said when it was more than no
  readonly hostKeyMismatches: number
  readonly noLogin?: string | undefined // a user can log in, and its first command ended like this
  readonly permanent?: string | undefined // what will not change
  readonly last: string | undefined
  readonly users: readonly string[] // that were to be tried
}

export interface Situation {
  readonly saw: string
  readonly hint: string
}

export const sshSituation = ({
  banners,
  loginsRefused,
  refusal,
  hostKeyMismatches,
  noLogin,
  users,
  permanent,
  last,
}: SshView): Situation => {
  if (permanent !== undefined) {
    return {
      saw: permanent,
      hint: 'Let the sshd of the image take one of ours: see sshd_config and its Include, and the crypto policy of the system.',
    }
  }
  const said = last === undefined ? '' : ` (${last})`
  if (hostKeyMismatches > 0) {
    return {
      saw: 'sshd answers, but not with the host key that our seed gave it',
      hint: 'Something makes new host keys after cloud-init, or cloud-init did not take the seed: check ssh_deletekeys and sshd-keygen in the image.',
    }
  }
  if (noLogin !== undefined) {
    return {
      saw: noLogin,
      hint: 'Look at the user in the image: its login shell, its start files (.bashrc), an expired password, and ForceCommand of sshd_config or a command in authorized_keys.',
    }
  }
  if (loginsRefused.length > 0) {
    const tried = [...new Set(loginsRefused)].join(', ')
    return {
      saw: `sshd answers, but the login of ${tried} with our key was refused${refusal === undefined ? '' : ` (${refusal})`}`,
      hint: `Check that cloud-init is in the image and takes a NoCloud seed (datasource_list), and that its default user is ${users.length > 1 ? 'one of these' : tried}; else name it with \`login-user\`.`,
    }
  }
  return {
    saw: `sshd answered ${banners === 1 ? 'once' : `${banners} times`}, but no login came to its end${said}`,
    hint: 'Something after the login hangs: the shell of the user, PAM, pam_nologin while the boot goes on, or cloud-init.',
  }
}

export const silentSsh: Situation = {
  saw: 'connections to port 22 were taken, but no sshd answered',
  hint: 'Check that sshd is enabled and has host keys, that its port is 22, and that the network came up.',
}

export const nothing: Situation = {
  saw: 'nothing at all was printed on the serial console',
  hint: 'Put console=ttyS0 (aarch64: ttyAMA0) last on the kernel command line, so that the image can be watched; if it does not boot at all, try the other `firmware`.',
}

// What was reached last, and where to look when it goes no further.
export const byStage: Readonly<Record<Stage, Situation>> = {
  firmware: {
    saw: 'nothing was printed after the firmware',
    hint: 'The image has no boot loader for this firmware (try the other `firmware`), or no serial console: put console=ttyS0 on the kernel command line.',
  },
  bootloader: {
    saw: 'the boot loader started, but no kernel said a word',
    hint: 'Put console=ttyS0 (aarch64: ttyAMA0) on the kernel command line; check that the boot loader does not wait in a menu (GRUB_TIMEOUT) and that its entry names a kernel.',
  },
  kernel: {
    saw: 'the kernel started, but no first program did',
    hint: 'Check that there is an initramfs and that root= is right; a kernel that stops early may need another CPU model or more `memory`.',
  },
  initrd: {
    saw: 'the initramfs did not hand over to the system',
    hint: 'Check root= against the disk (blkid) and that the initramfs holds the driver of the disk (virtio_blk, virtio_scsi; an image that has none of them needs `disk-bus: any`); remove rd.break and quiet to see more.',
  },
  init: {
    saw: 'the system started, but its network did not come up',
    hint: 'Check that the network is configured for any interface by DHCP (NetworkManager, systemd-networkd, netplan) and that the kernel has virtio_net.',
  },
  network: {
    saw: 'the network is up, but no sshd answered',
    hint: 'Check that sshd is installed, enabled and has host keys, and that no unit before it hangs.',
  },
  sshd: {
    saw: 'sshd was started, but it did not answer on port 22',
    hint: 'Check that sshd listens on port 22 of every address, that a firewall lets it, and that it has host keys.',
  },
  login: {
    saw: 'the system asks for a login on its console, but sshd did not answer on port 22',
    hint: 'Check that sshd is installed and enabled and that the network has an address by DHCP.',
  },
  'cloud-init': {
    saw: 'cloud-init came to its end, but sshd did not answer on port 22',
    hint: 'Check that sshd is installed and enabled, and what cloud-init did to it (ssh_pwauth, disable_root, runcmd).',
  },
  ready: {
    saw: 'the machine was ready, but did not stay so',
    hint: 'Look at the end of the console.',
  },
}

// What to do about a job that systemd waits for.
export const hintOfJob = (job: string): string =>
  /^\/dev\/|\.device$|[Dd]isk/.test(job)
    ? 'Check root= and /etc/fstab against the disk (blkid), and that the initramfs holds the driver of the disk (virtio_blk, virtio_scsi; an image that has none of them needs `disk-bus: any`).'
    : /[Nn]etwork|wicked|dhc|ifup/.test(job)
      ? byStage.init.hint
      : 'Find out what this unit waits for: `systemctl status` and `journalctl -u` in the image; a limit of its own (TimeoutStartSec=) makes it fail instead.'

const grubMenu = /Press enter to boot the selected OS|Use the .{1,20} keys to (?:select|change)/
const firmwareWords = /^SeaBIOS|^iPXE|^Booting from |^BdsDxe: |^UEFI |^EDK II|^U-Boot|^Press (?:ESC|F2)|^Machine UUID/
const ofKernel = /^(?:\[ *\d{1,8}\.\d{1,9}\]|<\d>\[)/

// Whether nothing stands on the console, or last what firmware says: then the guest may not have run at all.
export const onlyFirmware = (lastLines: readonly string[]): boolean => {
  const last = lastLines.findLast((line) => line.trim() !== '')
  return last === undefined || firmwareWords.test(last)
}

// Where what stands on the console tells more than the stage does, or something else.
export const byWords = (stage: Stage, lastLines: readonly string[]): Situation | undefined => {
  const lines = lastLines.filter((line) => line.trim() !== '')
  const last = lines.at(-1)
  if (last === undefined) return undefined
  const said = `the console’s last line is “${clean(last)}”`
  if (stage === 'bootloader' && lines.some((line) => grubMenu.test(line)))
    return {
      saw: `the boot loader stands in its menu${lines.some((line) => line.includes('GNU GRUB')) ? ' (GNU GRUB)' : ''}`,
      hint: 'Give the menu a time limit (GRUB_TIMEOUT, GRUB_RECORDFAIL_TIMEOUT), and check that what it boots by default is there.',
    }
  if (stage === 'firmware' && !firmwareWords.test(last))
    return {
      saw: `no kernel said a word; ${said}`,
      hint: 'Look at what printed this last line: a boot loader that stands still, or one that needs console=ttyS0 (aarch64: ttyAMA0) on the kernel command line.',
    }
  if (stage === 'kernel' && !ofKernel.test(last)) return { ...byStage.kernel, saw: `the kernel started; ${said}` }
  return undefined
}
