import { noBootLoader } from './fatal-early'
import { depth, type Rule } from './rule'

// The boot asks a human, who is not there.
export const questions: readonly Rule[] = [
  {
    id: 'network-boot', // what UEFI does when no disk will do, but also before it looks at one
    severity: 'fatal',
    by: 'firmware',
    prompt: true,
    patient: true,
    start: /^(>>Start (?:PXE|HTTP Boot) over IPv[46])/,
    hints: ['>>Start '],
    maxLines: 4,
    before: /^BdsDxe: /,
    blame: /(BdsDxe: failed to load .{1,200})/,
    what: 'the firmware found nothing to boot',
    todo: noBootLoader,
  },
  {
    id: 'passphrase-asked',
    severity: 'fatal',
    inPhase: { running: 'none' },
    by: 'any',
    prompt: true,
    patient: true,
    leads: depth.fileSystem,
    start:
      /((?:Please enter (?:passphrase|password|PIN|recovery key) for |Please unlock disk |Enter (?:passphrase|password|PIN) for |Enter LUKS (?:p|P)assphrase|Passphrase for \/|A password is required to access the )\S[^\n]{0,160})/,
    hints: ['Please enter ', 'Please unlock', 'Enter pass', 'Enter PIN', 'Enter LUKS', 'Passphrase for ', 'A password is required'],
    maxLines: 4,
    what: 'the boot asks for a passphrase that nobody types',
    todo: 'Let the disk open without a passphrase: a key file in the initramfs, a TPM, clevis; or do not encrypt it.',
  },
  {
    id: 'wizard',
    severity: 'fatal',
    inPhase: { running: 'none' },
    by: 'any',
    prompt: true,
    patient: true,
    start:
      /(-- Press any key to proceed --|(?:Please enter|Please select|Please choose) (?:the |your |a )?(?:new )?(?:root password|system locale|system message locale|system keymap|time ?zone|hostname|language|keyboard|shell)[^\n]{0,80}|Please make a selection from the above[^\n]{0,80}|\[ Select (?:System Locale|Keyboard|Time Zone)[^\n\]]{0,40}|Press enter to configure[^\n]{0,40}|JeOS Firstboot[^\n]{0,60}|Destroying ALL data on [^\n]{1,60}|Continue with autoinstall\? \(yes\|no\))/,
    hints: ['Press any key to proceed', 'Please ', '[ Select ', 'Press enter to', 'JeOS Firstboot', 'Destroying ALL', 'with autoinstall'],
    maxLines: 6,
    what: 'the image asks how it is to be installed or set up',
    todo: 'Switch off what asks at first boot (systemd-firstboot, initial-setup, jeos-firstboot, console-conf, an installer), or answer its questions in the image.',
  },
  {
    id: 'question',
    severity: 'fatal',
    inPhase: { running: 'none' },
    by: 'any',
    prompt: true,
    patient: true,
    start:
      /(\*\) to ignore the error and continue|Press (?:any key|Enter|Ctrl-Alt-Del) to (?:reboot|restart)[^\n]{0,20}|(?:Fix|Clear|Continue|Ignore error|Recreate|Relocate|Abort|Force rewrite|Create|Salvage|Split|Expand|Connect to [^<\n]{1,20})<[yn]>\? ?$|^[^?\n]{1,120}\? ?[[(][yY](?:es)?\/[nN]o?[\])]:? ?$|Continue to wait, or Press S to skip[^\n]{0,80}|root block device\([^)\n]{0,80}\) :: ?$)/,
    hints: ['to ignore the error', 'Press ', '<y>?', '<n>?', '/n', '/N', 'Continue to wait', 'root block device('],
    maxLines: 4,
    before: /Timed out waiting|An error occurred|not found|failed|Could not/i,
    what: 'the boot asks a question that nobody answers',
    todo: 'Read what stands above the question: that is what went wrong; the boot has to go on, or to fail, without a human.',
  },
  {
    id: 'rescue-system',
    severity: 'fatal',
    inPhase: { running: 'none' },
    by: 'any',
    prompt: true,
    patient: true,
    start:
      /^((?:rescue|sysrescue|systemrescue|grml) login:.{0,40}|(?:dracut|initrd|rescue|emergency|switch_root|initramfs|genkernel)[^\s#]{0,20}# ?$|(?:sh|bash)-\d\.\d{1,3}# ?$|\[rootfs [^\]\n]{1,20}\][#$] ?$|[~/] # ?$)/,
    hints: ['login:', '#'],
    maxLines: 2,
    before: /^ERROR: |^mount: /,
    blame: /^ERROR: (.{1,160})/,
    what: 'the boot ended in a rescue system',
    todo: 'Read what failed before it, and see what the boot loader of the image boots by default.',
  },
]
