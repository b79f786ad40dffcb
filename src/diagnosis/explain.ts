import type { Stage } from '../errors'
import type { Finding } from '../results'
import { isLater } from './stages'

export interface Explanation {
  readonly message: string // one sentence, without its full stop
  readonly hint: string // what to do
  readonly excerpt: string // guest bytes
}

// What the SSH side saw until the deadline.
export interface SshView {
  readonly refused: number // connections that nothing in the guest took
  readonly silent: number // connections on which not a word came
  readonly banners: number
  readonly loginsRefused: readonly string[] // users
  readonly refusal: string | undefined // what sshd said when it was more than no
  readonly hostKeyMismatches: number
  readonly permanent: string | undefined // what will not change
  readonly last: string | undefined
  readonly users: readonly string[] // that were to be tried
}

export interface Deadline {
  readonly stage: Stage
  readonly findings: readonly Finding[]
  readonly lastLines: readonly string[]
  readonly waitedMs: number
  readonly ssh?: SshView
}

const excerptLines = 20

// Why a machine did not become ready in time, in the words of its last stage, of what SSH saw and of what the console complained about.
export const explainDeadline = (deadline: Deadline): Explanation => {
  const { findings, lastLines, waitedMs } = deadline
  const { saw, hint } = situation(deadline)
  const culprit = causeOf(findings)
  const waiting = waitsFor(lastLines)
  const excerpt = lastLines
    .filter((line) => line.trim() !== '')
    .slice(-excerptLines)
    .join('\n')
  const message = [
    `not ready after ${seconds(waitedMs)}: ${saw}`,
    ...(waiting === undefined ? [] : [`systemd was waiting for ${waiting}`]),
    ...(culprit?.summary === undefined ? [] : [`before that, ${culprit.summary}`]),
  ].join('; ')
  const decides = culprit !== undefined && (endsMachine(culprit) || earlyCauses.has(culprit.rule) === isLater('network', deadline.stage))
  return { message, hint: decides ? (culprit.hint ?? hint) : hint, excerpt: culprit ? `${culprit.block}\n…\n${excerpt}` : excerpt }
}

// The finding that explains best why a machine died or stands still: the last that ended it (of the last boot; what follows in the same boot
// belongs to its block), else the first error of those that keep a machine from becoming ready.
export const causeOf = (findings: readonly Finding[]): Finding | undefined => {
  const counted = findings.filter(({ ignored }) => ignored === undefined)
  return counted.findLast(endsMachine) ?? counted.find(({ rule }) => earlyCauses.has(rule) || sshCauses.has(rule))
}

const endsMachine = ({ severity, hostCaused }: Finding): boolean => severity === 'fatal' || hostCaused === true

// A crashed program or a failed unit may not matter; these do.
const earlyCauses = new Set([
  ...['device-timeout', 'dracut-initqueue-timeout', 'shim-failed', 'cpu-too-old', 'init-not-executable', 'fsck-needed', 'io-error'],
  ...['out-of-memory', 'kernel-bug', 'kernel-oops', 'ext4-error', 'xfs-corruption', 'btrfs-error', 'ordering-cycle'],
])
const sshCauses = new Set(['no-host-keys', 'no-datasource'])

interface Situation {
  readonly saw: string
  readonly hint: string
}

const situation = ({ stage, ssh, lastLines }: Deadline): Situation => {
  const early = isLater('network', stage)
  if (ssh && ssh.banners > 0) return sshSituation(ssh)
  if (stage === 'firmware' && lastLines.every((line) => line.trim() === '')) return nothing
  if (ssh && !early && ssh.silent > 0) return { ...silentSsh, saw: `the last stage was ${stage}; ${silentSsh.saw}` }
  return byStage[stage]
}

const sshSituation = ({ banners, loginsRefused, refusal, hostKeyMismatches, users, permanent, last }: SshView): Situation => {
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

const silentSsh: Situation = {
  saw: 'connections to port 22 were taken, but no sshd answered',
  hint: 'Check that sshd is enabled and has host keys, that its port is 22, and that the network came up.',
}

const nothing: Situation = {
  saw: 'nothing at all was printed on the serial console',
  hint: 'Put console=ttyS0 (aarch64: ttyAMA0) last on the kernel command line, so that the image can be watched; if it does not boot at all, try the other `firmware`.',
}

// What was reached last, and where to look when it goes no further.
const byStage: Readonly<Record<Stage, Situation>> = {
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

// "[ *** ] A start job is running for Wait for Network (1min 30s / no limit)"
const waitsFor = (lastLines: readonly string[]): string | undefined => {
  for (const line of lastLines.slice(-excerptLines).reverse()) {
    const job = /A (?:start|stop) job is running for (.{1,120}?)(?: \(|$)/.exec(line)?.[1]
    if (job !== undefined) return `“${job}”`
    if (line.includes('login: ')) return undefined
  }
  return undefined
}

const seconds = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)
