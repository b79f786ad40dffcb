import { stages, type Stage } from '../errors'
import { literalFinder } from '../lib/literals'

const initInInitrd = /^Welcome to [^!]{1,120}\([Ii]nitramfs\)!$|systemd\[1\]: Running in (?:initrd|initial RAM disk)/
const systemdInInitrd = /systemd\[1\]: Running in (?:initrd|initial RAM disk)/
const handover =
  /Switching root|systemd-journald\[\d{1,10}\]: Received SIGTERM from PID 1 \(systemd\)|systemd\[1\]: Queued start job for default target (?!Initrd|initrd)|^Welcome to (?!GRUB|emergency|rescue)[^!(]{1,120}(?:\([^!)]{1,60}\))?!$/
const systemdStarts = /systemd\[1\]: systemd \S{1,40} running in system mode/
const initrdByScripts = /^Loading, please wait|^Begin: |:: running early hook/ // initramfs-tools and mkinitcpio have no systemd in their initrd

// What a line says that the machine has reached, latest stage first. Real texts of the usual distributions.
const signs: readonly (readonly [Stage, RegExp])[] = [
  ['cloud-init', /Cloud-init v\. \S{1,60} (?:finished at|running 'modules:final')/],
  ['login', /^(?:(?!Last )[\w.-]{1,64} )?login:(?: |$)/], // a prompt, whatever interrupted it
  [
    'sshd',
    /Started (?:sshd?\.service|sshd?@|OpenSSH|OpenBSD Secure Shell|dropbear)|sshd\[\d+\]: Server listening on|dropbear\[\d+\]: \S* ?(?:Running in background|Not backgrounding)|\* Starting sshd ?\.\.\. ?\[ ?ok ?\]|^Starting sshd\.$|^tiny: sshd started/,
  ],
  [
    'network',
    /Reached target (?:network(?:-online)?\.target|Network(?: is Online)?\.?$)|ci-info: \| {1,40}(?!lo )[\w.@-]{1,15} {1,40}\| {1,10}True |^tiny: network up/,
  ],
  [
    'init',
    /Run \/(?:usr\/)?s?bin\/\S{1,40} as init process|^init started: |^INIT: version |OpenRC [\d.]{1,12} is starting up|- runit: (?:\$Id|enter stage)|^Setting hostuuid: |^Starting file system checks:|going to single user mode$|^tiny: init started/,
  ],
  [
    'initrd',
    /Run \/init as init process|^Loading, please wait|^Begin: |:: running early hook|(?:^|\] |: )dracut(?:-[a-z-]{1,20})?(?:\[\d+\])?: /,
  ],
  // Of a quiet kernel, any message of its first ten seconds; the last ones of the boot before may still come after a reset.
  [
    'kernel',
    /Linux version \d+\.\d+|(?:Kernel c|\bC)ommand line: |^\[ {4}\d\.\d{6}\](?:\[ *[TC]\d+\])? |^Booting Linux on physical CPU|^Decompressing Linux|^---<<BOOT>>---|^(?:Free|Open|Net)BSD \d{1,2}\.\d/,
  ],
  [
    'bootloader',
    /GRUB (?:loading|Read Error|Geom Error|Hard Disk Error)|Welcome to GRUB!|^Verification failed: \(0x|^Something has gone seriously wrong|^Failed to open \\EFI|\/boot\.c:\d+@|^No loader found\.|GNU GRUB {1,2}version|^ {0,4}Booting (?:`|a command list)|^Loading (?:Linux \S|initial ramdisk)|systemd-boot|^EFI stub: |^error: \.\.\/\.\.\/grub-core\/|^Error loading (?:EFI binary )?\\|^>> (?:Free|Open)BSD |^OpenBSD\/\w{1,10} BOOT |^Limine \d|^PANIC: linux: |^Scanning (?:for bootflows|(?:virtio|mmc) )|^Retrieving file: \/|^zIPL v|(?:SYS|ISO)LINUX \d/,
  ],
  [
    'firmware',
    /^SeaBIOS \(version|^iPXE |^Booting from (?:Hard Disk|ROM|DVD|Floppy)|^BdsDxe: |^UEFI (?:firmware|Interactive Shell)|^EDK II|^U-Boot (?:SPL )?20\d\d|^Press ESC(?:APE)? for boot (?:menu|options)|^SLOF \*|^OpenSBI v|^LOADPARM=/,
  ],
]

export const stageSigns: readonly RegExp[] = [...signs.map(([, sign]) => sign), initInInitrd, handover, systemdStarts, initrdByScripts]

const order = Object.fromEntries(stages.map((stage, index) => [stage, index])) as Readonly<Record<Stage, number>>
export const isLater = (a: Stage, b: Stage | undefined): boolean => b === undefined || order[a] > order[b]

// The stage that a line of a console proves by itself, without knowing what came before.
export const stageOf = (text: string): Stage | undefined => {
  if (initInInitrd.test(text) || systemdStarts.test(text)) return 'initrd' // systemd starts twice; the first time may be in an initrd
  const found = signs.find(([, sign]) => sign.test(text))?.[0]
  return found === undefined || !isLater(found, 'init') ? (handover.test(text) ? 'init' : found) : found
}

// Until the kernel speaks, every line is looked at; from then on only those that hold one of these words, and none once the machine is ready.
export const findSign = literalFinder([
  ...['Cloud-init v. ', ' login:', 'Started ', 'Server listening', 'dropbear[', 'Starting sshd', 'tiny: ', 'Reached target ', 'ci-info: |'],
  ...['as init process', 'init started', 'INIT: ', 'OpenRC', '- runit', 'Loading, please', 'Begin: ', ':: running', 'dracut'],
  ...['Welcome to ', 'systemd[1]: Running in', 'Switching root', 'Received SIGTERM', 'Queued start job', 'running in system mode'],
  ...['login: ', 'Setting hostuuid', 'file system checks', 'single user mode'],
])

export interface StageReader {
  readonly stage: Stage | undefined
  readonly inInitrd: boolean // the systemd of the initrd is at work
  // Reads a line; answers the stages by which the machine has come further than it was.
  read(text: string): readonly Stage[]
  reach(stage: Stage): readonly Stage[] // what is known from elsewhere, such as a login over SSH
  restart(): void
}

// Follows a boot. Stages only go forward; what an initrd's own systemd starts (a network, an sshd) is not yet the system's.
export const stageReader = (): StageReader => {
  let stage: Stage | undefined
  let inInitrd = false
  let welcome = false // the initrd's systemd has yet to greet, under whatever name
  let initrdHasNoSystemd = false
  const reach = (next: Stage): readonly Stage[] => {
    if (!isLater(next, stage)) return []
    stage = next
    return [next]
  }
  const readPart = (text: string): readonly Stage[] => {
    if (!isLater('kernel', stage) && findSign(text).length === 0) return []
    if (initrdByScripts.test(text)) initrdHasNoSystemd = true
    const itsOwn = welcome && text.startsWith('Welcome to ')
    if (systemdInInitrd.test(text)) welcome = true
    else if (itsOwn) welcome = false
    if (initInInitrd.test(text) || itsOwn) inInitrd = true
    else if (handover.test(text)) inInitrd = false
    else if (systemdStarts.test(text) && (initrdHasNoSystemd || inInitrd)) {
      inInitrd = false
      return reach('init')
    }
    const next = itsOwn ? 'initrd' : stageOf(text)
    if (next === undefined || (inInitrd && isLater(next, 'initrd') && next !== 'login')) return []
    return reach(next)
  }
  return {
    get stage() {
      return stage
    },
    get inInitrd() {
      return inInitrd || (stage === 'initrd' && !initrdHasNoSystemd)
    },
    // A prompt is often followed by what others print on its line.
    read(text) {
      if (!isLater('cloud-init', stage)) return [] // no line tells more
      const promptChars = text.includes('login: ') ? (/^\S{1,64} login: /.exec(text)?.[0].length ?? 0) : 0
      return promptChars === 0 ? readPart(text) : [...readPart(text.slice(0, promptChars)), ...readPart(text.slice(promptChars))]
    },
    reach,
    restart() {
      stage = undefined
      inInitrd = false
      welcome = false
      initrdHasNoSystemd = false
    },
  }
}

const firmware =
  /^(?:\x1bc|\x1b\[[\d;?=]{0,8}[a-zA-Z])*(?:SeaBIOS \(version|BdsDxe: loading|UEFI firmware \(version|U-Boot (?:SPL )?20|OpenSBI v|SLOF \*)/ // eslint-disable-line no-control-regex

// Whether a line, as it came, is the first of a machine that was reset.
export const isFirmware = (line: string): boolean => firmware.test(line)

const goingDown =
  /Stopp(?:ed|ing) target \S*(?:multi-user|graphical|Multi-User|Graphical)|Reached target .{0,60}(?:[Ss]hutdown|[Pp]ower-?[Oo]ff|[Rr]eboot|[Hh]alt)|systemd-shutdown\[1\]|The system (?:is going down|will (?:power off|reboot|halt) now)|INIT: Switching to runlevel: [06]/

// Whether a line of a system that was up says that it ends.
export const isGoingDown = (line: string): boolean => goingDown.test(line)
