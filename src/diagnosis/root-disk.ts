import type { Finding } from '../results'

// By the rule of a finding, what its lines say when the root was not there.
const signs: Readonly<Record<string, RegExp>> = {
  'root-device-missing': /./,
  'dracut-could-not-boot': /./,
  'kernel-panic': /Unable to mount root fs|Cannot open root device/,
  'emergency-mode': /Timed out waiting for device/,
  'emergency-shell-prompt': /Timed out waiting for device|ERROR: device .{1,200} not found/,
}

// Whether a system died because its root was not there.
export const missesRoot = ({ rule, block }: Pick<Finding, 'rule' | 'block'>): boolean => signs[rule]?.test(block) === true

const consequences: ReadonlySet<string> = new Set([
  ...Object.keys(signs),
  ...'failed-unit dependency-failed device-timeout dracut-initqueue-timeout initramfs-prompt freezing-execution'.split(' '),
])

// A finding tells of a whole chain: one in which the kernel itself broke has more than a missing root to say.
const kernelBroke = /\bOops: |kernel BUG at |BUG: unable to handle|general protection fault/

// Of a boot whose root was not there, what is to be expected and says nothing about the image on another bus.
export const comesOfMissingRoot = ({ rule, block }: Pick<Finding, 'rule' | 'block'>): boolean =>
  consequences.has(rule) && !kernelBroke.test(block)
