import type { Finding } from '../results'

const rules = new Set(['root-device-missing', 'initramfs-prompt', 'dracut-could-not-boot'])

// Whether a system died because its root was not there.
export const missesRoot = ({ rule, block }: Pick<Finding, 'rule' | 'block'>): boolean =>
  rules.has(rule) || (rule === 'kernel-panic' && /Unable to mount root fs|Cannot open root device/.test(block))

export interface DiskWatch {
  readonly see: (line: string) => void
  readonly foundNone: boolean // the kernel told what it found, and no disk was among it
}

// "virtio_blk virtio1: [vda] 4194304 512-byte logical blocks", "sd 0:0:0:0: [sda] …", " vda: vda1 vda2"; not what a command line asks for
const disk = /\[(?:vd|sd|hd)[a-z]+\] \d|\b(?:vd|sd|hd)[a-z]+: (?:vd|sd|hd)[a-z]+\d|\bnvme\dn\d: p\d/

// Reads on the console whether the kernel has a driver for any disk. A kernel that was told to be quiet does not say.
export const watchDisks = (): DiskWatch => {
  let talks = false
  let found = false
  return {
    see: (line) => {
      talks ||= line.includes('Linux version ')
      found ||= disk.test(line)
    },
    get foundNone() {
      return talks && !found
    },
  }
}
