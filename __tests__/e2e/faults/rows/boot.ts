import assert from 'node:assert/strict'
import type { Expected, Row } from '../row'

// Long enough for a boot on a busy host, and far from what these faults need: whoever waits for the deadline is too late.
const patience = { 'boot-timeout': '3m' }
// Where nothing but the deadline can tell.
const deadline = { 'boot-timeout': '40s' }
const byDeadline = { withinSeconds: 75 }

const row = (
  guest: string,
  what: string,
  expected: Omit<Expected, 'verdict' | 'withinSeconds'> & Partial<Expected>,
  given: Partial<Row> = {},
): Row => ({
  name: what,
  group: 'boot',
  quick: false,
  guest,
  ...given,
  inputs: { commands: 'true', ...patience, ...given.inputs },
  expected: {
    verdict: 'boot-failed',
    withinSeconds: 90,
    ...(expected.sign === undefined ? {} : { reactSeconds: 5 }),
    ...expected,
    check: (evidence) => {
      assert.equal(evidence.result.machines[0]?.boots.at(-1)?.attempt, 1, 'an image’s own failure is not tried again')
      return expected.check?.(evidence)
    },
  },
})

const quick = { quick: true }

export const boot: readonly Row[] = [
  row(
    'panic',
    'the kernel panics',
    { stage: 'kernel', message: /Unable to mount root fs/, sign: /Kernel panic - not syncing/ },
    { quick: true, latency: 'panic' },
  ),
  row('panic', 'the kernel panics, at the terminal', { stage: 'kernel', message: /Unable to mount root fs/ }, { by: 'terminal' }),
  row('panic', 'the kernel panics under UEFI', { stage: 'kernel', message: /Unable to mount root fs/ }, { inputs: { firmware: 'uefi' } }),
  row(
    'emergency',
    'an emergency shell',
    { stage: 'init', message: /emergency mode/, sign: /You are in emergency mode/ },
    { quick: true, latency: 'emergency mode' },
  ),
  row(
    'corrupt-root',
    'the root file system is corrupt',
    { stage: ['initrd', 'kernel'], message: /initramfs/, sign: /\(initramfs\)/ },
    quick,
  ),
  row('no-root', 'there is no root file system', { stage: ['initrd', 'kernel'], message: /initramfs/, sign: /\(initramfs\)/ }),
  row('no-kernel', 'the boot loader finds no kernel', { stage: 'bootloader', message: /kernel/ }),
  // The BIOS runs what stands in the boot sector, were it nothing but zeros, and says no more: only the deadline can tell.
  row(
    'no-bootloader',
    'a disk with partitions and an empty boot sector',
    { stage: 'firmware', message: /not ready after \d+ (?:s|min): nothing was printed after the firmware/, ...byDeadline },
    { inputs: { ...deadline, firmware: 'bios' } },
  ),
  row(
    'no-bootloader',
    'a disk with partitions and no boot loader under UEFI',
    { stage: 'firmware', message: /nothing to boot/ },
    { inputs: { firmware: 'uefi' } },
  ),
  row('blank', 'a blank disk', { stage: 'firmware', message: /nothing to boot/, sign: /No bootable device/ }, quick),
  row('blank', 'a blank disk under UEFI', { stage: 'firmware', message: /nothing to boot/ }, { inputs: { firmware: 'uefi' } }),
  row(
    'poweroff',
    'powers itself off before anybody can log in',
    { stage: ['init', 'network'], message: /powered (itself )?off/, sign: /reboot: Power down/ },
    { quick: true, latency: 'power-off' },
  ),
  row('reboot-loop', 'reboots itself again and again', { message: /rebooted itself 4 times/, withinSeconds: 180 }),
  row(
    'hang',
    'hangs after init',
    { stage: 'init', message: /not ready after \d+ (?:s|min): .*network/, ...byDeadline },
    { quick: true, inputs: deadline },
  ),
  row('no-sshd', 'runs no sshd', { stage: 'login', message: /not ready after \d+ (?:s|min): .*sshd/, ...byDeadline }, { inputs: deadline }),
  row(
    'mute-sshd',
    'accepts connections and never speaks',
    { stage: 'login', message: /not ready after \d+ (?:s|min): .*sshd/, ...byDeadline },
    { quick: true, inputs: deadline },
  ),
  row(
    'no-login',
    'lets nobody in',
    { stage: 'login', message: /not ready after \d+ (?:s|min): .*login of .+ with our key was refused/, ...byDeadline },
    { inputs: deadline },
  ),
  // Three times the patience of KVM, since an emulated guest may make its keys anew for long.
  row('no-ssh-host-key', 'shows another host key', {
    stage: 'login',
    message: /not ready after \d+ (?:s|min): .*host key/,
    ...byDeadline,
    withinSeconds: 150,
  }),
  ...(['nologin', 'reboots-once', 'full-disk', 'no-sudo', 'tiny-sh'] as const).map((guest): Row => ({
    name: `no false alarm: ${guest}`,
    group: 'boot',
    quick: false,
    guest,
    inputs: { commands: 'true', ...patience },
    expected: { verdict: 'passed', withinSeconds: 150 },
  })),
]
