import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { watched } from './samples'

// Consoles of our own test guests under QEMU, with every byte of firmware and boot loader; some lines of the kernel left out.
it.each([
  [
    'panic',
    'kernel-panic',
    'kernel',
    'the kernel panicked: VFS: Unable to mount root fs on unknown-block(0,0), after “Cannot open root device "vda2"”',
  ],
  ['emergency', 'emergency-mode', 'init', 'systemd gave up and went to emergency mode, after “Failed to mount data.mount - /data”'],
  ['no-root', 'root-device-missing', 'initrd', 'the initramfs did not find the root device: LABEL=root does not exist'],
  ['no-kernel', 'bootloader-no-kernel', 'bootloader', "the boot loader did not find the kernel, after “file `/vmlinuz' not found”"],
  ['poweroff', 'power-off', 'network', 'the system powered off although nobody asked for it: Power down'],
  [
    'no-bootloader-uefi',
    'network-boot',
    'firmware',
    'the firmware found nothing to boot: >>Start PXE over IPv4, after “BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x5,0x0): Not Found”',
  ],
  ['secure-boot', 'secure-boot-refused', 'firmware', 'secure boot refused what the image starts: Access Denied'],
  [
    'corrupt-root',
    'initramfs-prompt',
    'initrd',
    'the boot stopped at the shell of the initramfs, after “EXT4-fs error (device vda2): ext4_get_journal_inode:5769: inode #8: comm mount: iget: bad extra_isize 38159 (inode size 256)”',
  ],
])('the console of the guest %s', (name, rule, stage, summary) => {
  const { diagnosis, feed, fatals, findings } = watched()
  feed(readFileSync(join(import.meta.dirname, 'consoles', `${name}.txt`), 'utf8').replaceAll('\n', '\r\n'))
  diagnosis.flush()
  expect(fatals.map((fatal) => fatal.rule)).toEqual([rule])
  expect(findings.at(-1)).toMatchObject({ rule, severity: 'fatal', stage, summary })
  expect(diagnosis.stage).toBe(stage)
  expect(findings.at(-1)?.block).toMatchSnapshot()
})
