import { describe, expect, it } from 'vitest'
import { isGoingDown, stageOf } from '../../../src/diagnosis'
import { watched } from './samples'

describe('stageOf', () => {
  it.each([
    ['SeaBIOS (version 1.16.2-debian-1.16.2-1)', 'firmware'],
    ['iPXE (http://ipxe.org) 00:03.0 CA00 PCI2.10 PnP PMM', 'firmware'],
    ['Booting from Hard Disk...', 'firmware'],
    ['BdsDxe: starting Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x0)', 'firmware'],
    ['UEFI firmware (version edk2-20250523-14.fc43 built at 00:00:00 on Jun 24 2025)', 'firmware'],
    ['GRUB loading.', 'bootloader'],
    ['Welcome to GRUB!', 'bootloader'],
    ["  Booting `Fedora Linux (6.17.1-300.fc44.x86_64) 44 (Cloud Edition)'", 'bootloader'],
    ['systemd-boot 257.7-1ubuntu1', 'bootloader'],
    ['EFI stub: Booting Linux Kernel...', 'bootloader'],
    ['[    0.000000] Linux version 6.1.0-28-cloud-amd64 (debian-kernel@lists.debian.org)', 'kernel'],
    ['[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd083]', 'kernel'],
    ['[    0.000000] Kernel command line: root=/dev/vda1', 'kernel'],
    ['Linux version 6.1.0 (printk.time=0)', 'kernel'],
    ['[    0.123456][    T1] pci 0000:00:00.0: x', 'kernel'],
    ['[    0.900000] Run /init as init process', 'initrd'],
    ['[    1.100000] dracut-pre-udev[250]: modprobe: x', 'initrd'],
    ['Begin: Loading essential drivers ... done.', 'initrd'],
    [':: running early hook [udev]', 'initrd'],
    ['Welcome to Fedora Linux 44 (Cloud Edition) dracut-107-8.fc44 (Initramfs)!', 'initrd'],
    ['Welcome to Fedora Linux 44 (Cloud Edition)!', 'init'],
    ['Welcome to Debian GNU/Linux 13 (trixie)!', 'init'],
    ['[    1.0] Run /sbin/init as init process', 'init'],
    ['init started: BusyBox v1.36.1 (2024-06-10 07:11:47 UTC)', 'init'],
    ['   OpenRC 0.62.6 is starting up Linux 6.12.51-0-virt (x86_64)', 'init'],
    ['tiny: init started', 'init'],
    ['[  OK  ] Reached target network-online.target - Network is Online.', 'network'],
    ['[  OK  ] Reached target Network.', 'network'],
    ['tiny: network up (10.0.2.15)', 'network'],
    ['cloud-init[412]: ci-info: |  enp0s2 | True |         10.0.2.15         | 255.255.255.0 | global |', 'network'],
    ['[  OK  ] Started sshd.service - OpenSSH server daemon.', 'sshd'],
    ['[  OK  ] Started OpenBSD Secure Shell server.', 'sshd'],
    ['tiny: sshd started', 'sshd'],
    ['image-test login: ', 'login'],
    ['ip-10-0-2-15.ec2.internal login:', 'login'],
    ["cloud-init[810]: Cloud-init v. 25.2 running 'modules:final' at Sat, 22 Nov 2025 21:18:28 +0000. Up 14.00 seconds.", 'cloud-init'],
    ['cloud-init[810]: Cloud-init v. 25.2 finished at Sat, 22 Nov 2025 21:18:29 +0000. Datasource DataSourceNoCloud.', 'cloud-init'],
  ])('%s', (text, stage) => {
    expect(stageOf(text)).toBe(stage)
  })

  it.each([
    'Last login: Sat Nov 22 21:18:23 2025 from 10.0.2.2',
    '[  OK  ] Listening on sshd-unix-local.socket - OpenSSH Server Socket (systemd-ssh-generator, AF_UNIX Local).',
    '[FAILED] Failed to start sshd.service - OpenSSH server daemon.',
    'ci-info: |   lo   | True |          127.0.0.1           |   255.0.0.0   |  host  |',
    'ci-info: |  eth0  | False |          .           |   .   |  .  |',
    'Welcome to emergency mode!',
    "cloud-init[1]: Cloud-init v. 25.2 running 'init-local' at Sat",
    '[  OK  ] Reached target network-pre.target - Preparation for Network.',
    '',
  ])('says nothing of %s', (text) => {
    expect(stageOf(text)).toBeUndefined()
  })
})

describe('stages of a boot', () => {
  it('only go forward', () => {
    const { feed, stages } = watched()
    feed('[    0.1] Run /sbin/init as init process\nGRUB loading.\nhost login: \nSeaBIOS (version 1)\ntiny: sshd started\n')
    expect(stages).toEqual(['init', 'login'])
  })

  it('begin anew after a reset', () => {
    const { diagnosis, feed, stages } = watched()
    feed('GRUB loading.\nhost login: ')
    diagnosis.restart()
    expect(diagnosis.stage).toBe('firmware')
    feed('\nGRUB loading.\n')
    expect(stages).toEqual(['bootloader', 'login', 'bootloader'])
  })

  it('see a login prompt on a line that has no end', () => {
    const { feed, stages } = watched()
    feed('\nimage-test log')
    expect(stages).toEqual([])
    feed('in: ')
    expect(stages).toEqual(['login'])
  })

  it('do not take what an initrd starts for the system', () => {
    const { feed, stages, diagnosis } = watched()
    feed('[    1.4] systemd[1]: systemd 258 running in system mode (+PAM)\n[    1.5] systemd[1]: Running in initrd.\n')
    feed('[  OK  ] Reached target network.target - Network.\n[  OK  ] Started sshd.service - OpenSSH server daemon.\n')
    expect(stages).toEqual(['initrd'])
    feed('[    4.0] systemd[1]: systemd 258 running in system mode (+PAM)\n')
    feed('[  OK  ] Reached target network.target - Network.\n')
    expect(stages).toEqual(['initrd', 'init', 'network'])
    expect(diagnosis.stage).toBe('network')
  })

  it('can be told by others', () => {
    const { diagnosis, stages } = watched()
    diagnosis.reach('sshd', 5)
    diagnosis.reach('network', 6)
    diagnosis.reach('ready', 7)
    expect(stages).toEqual(['sshd', 'ready'])
  })
})

describe('isGoingDown', () => {
  it.each([
    '[  OK  ] Stopped target multi-user.target - Multi-User System.',
    '[  OK  ] Stopped target Graphical Interface.',
    '[  OK  ] Reached target poweroff.target - System Power Off.',
    '[  OK  ] Reached target Shutdown.',
    '[   70.200001] systemd-shutdown[1]: Syncing filesystems and block devices.',
    'The system is going down NOW!',
    'INIT: Switching to runlevel: 6',
  ])('is told by %s', (line) => {
    expect(isGoingDown(line)).toBe(true)
  })

  it.each([
    '[  OK  ] Stopped target Basic System.',
    '         Stopping ssh.service - OpenBSD Secure Shell server...',
    'Reached target multi-user.target - Multi-User System.',
  ])('is not told by %s', (line) => {
    expect(isGoingDown(line)).toBe(false)
  })
})
