import type { Finding } from '../results'

const rules = new Set(['root-device-missing', 'dracut-could-not-boot'])

// Whether a system died because its root was not there.
export const missesRoot = ({ rule, block }: Pick<Finding, 'rule' | 'block'>): boolean =>
  rules.has(rule) || (rule === 'kernel-panic' && /Unable to mount root fs|Cannot open root device/.test(block))
