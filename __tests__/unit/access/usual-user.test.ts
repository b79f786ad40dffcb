import { expect, it } from 'vitest'
import { isGreeting, usualUser } from '../../../src/access/usual-user'

// Names as publishers give them.
const names: Readonly<Record<string, readonly string[]>> = {
  core: [
    'fedora-coreos-44.20260705.3.0-qemu.x86_64.qcow2.xz',
    'rhcos-4.16.3-x86_64-qemu.x86_64.qcow2.gz',
    'rhcos-qemu.x86_64.qcow2.gz',
    'scos-9.0.20250411-0-qemu.x86_64.qcow2.gz',
    'flatcar_production_qemu_image.img.bz2',
    'flatcar_production_qemu_uefi_image.img',
    'fcos.qcow2',
  ],
  alpine: ['nocloud_alpine-3.20.2-x86_64-bios-cloudinit-r0.qcow2', 'generic_alpine-3.21.0-x86_64-uefi-tiny-r0.qcow2', 'alpine-3.19.qcow2'],
  gentoo: [
    'di-amd64-cloudinit-20250427T172215Z.qcow2',
    'di-arm64-cloudinit-20250427T233257Z.qcow2',
    'gentoo-openstack-amd64-default-latest.qcow2',
  ],
  sles: [
    'SLES15-SP6-Minimal-VM.x86_64-Cloud-GM.qcow2',
    'SLES-16.0-Minimal-VM.x86_64-Cloud-GM.qcow2',
    'SLES15-SP5-Minimal-VM.aarch64-Cloud-QU3.qcow2',
  ],
  opensuse: [
    'openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2',
    'Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.71.qcow2',
    'openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2',
    'openSUSE-MicroOS.x86_64-OpenStack-Cloud.qcow2',
  ],
  cirros: ['cirros-0.6.2-x86_64-disk.img', 'cirros-0.5.3-aarch64-disk.img'],
  kali: ['kali-linux-2024.2-cloud-genericcloud-amd64.tar.xz', 'kali-linux-2024.2-qemu-amd64.qcow2'],
  openeuler: ['openEuler-24.03-LTS-x86_64.qcow2.xz', 'openEuler-22.03-LTS-SP3-aarch64.qcow2'],
  'ec2-user': ['al2023-kvm-2023.5.20240805.0-kernel-6.1-x86_64.xfs.gpt.qcow2', 'amzn2-kvm-2.0.20240719.0-x86_64.xfs.gpt.qcow2'],
  'cloud-user': [
    'OL9U4_x86_64-kvm-b234.qcow2',
    'OL8U10_aarch64-kvm-cloud-b120.qcow2',
    'oracle-linux-9.qcow2',
    'rhel-9.4-x86_64-kvm.qcow2',
    'rhel-guest-image-8.10.qcow2',
    'CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2',
    'CentOS-Stream-GenericCloud-10-20260101.0.aarch64.qcow2',
    'CentOS-Stream-GenericCloud-x86_64-10-20260101.0.x86_64.qcow2',
    'CentOS-Stream-GenericCloud-9-20240819.8.x86_64.qcow2',
  ],
  centos: [
    'CentOS-7-x86_64-GenericCloud-2009.qcow2',
    'CentOS-7-aarch64-GenericCloud-2009.qcow2',
    'CentOS-8-GenericCloud-8.4.2105-20210603.0.x86_64.qcow2',
    'CentOS-8-ec2-8.4.2105.x86_64.qcow2',
    'CentOS-Stream-GenericCloud-8-20240603.0.x86_64.qcow2',
    'CentOS-6-x86_64-GenericCloud.qcow2',
  ],
  arch: ['Arch-Linux-x86_64-cloudimg-20260701.123.qcow2', 'Arch-Linux-x86_64-basic.qcow2'],
  root: ['nixos-image-openstack-24.11.20250101.abcdef-x86_64-linux.qcow2', 'nixos-24.05.qcow2'],
  freebsd: ['FreeBSD-14.1-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz', 'FreeBSD-15.0-CURRENT-arm64-aarch64-BASIC-CLOUDINIT.zfs.qcow2'],
  ubuntu: [
    'noble-server-cloudimg-amd64.img',
    'jammy-server-cloudimg-arm64.img',
    'noble-minimal-cloudimg-amd64.img',
    'plucky-server-cloudimg-amd64.img',
    'questing-server-cloudimg-amd64.img',
    'ubuntu-24.04-server-cloudimg-amd64.img',
    'ubuntu-22.04-minimal-cloudimg-amd64.img',
  ],
  debian: ['debian-13-genericcloud-amd64.qcow2', 'debian-12-generic-arm64-20240717-1811.qcow2', 'debian-sid-nocloud-amd64-daily.qcow2'],
  fedora: [
    'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2',
    'Fedora-Cloud-Base-39-1.5.x86_64.qcow2',
    'Fedora-Cloud-Base-UEFI-UKI-44-1.7.x86_64.qcow2',
    'Fedora-Server-Guest-Generic-44-1.7.x86_64.qcow2',
  ],
  vagrant: [
    'Fedora-Cloud-Base-Vagrant-libvirt-44-1.7.x86_64.vagrant.libvirt.box',
    'CentOS-Stream-Vagrant-Libvirt-10-latest.x86_64.vagrant-libvirt.box',
    'Arch-Linux-x86_64-libvirt-vagrant.box',
  ],
  almalinux: ['AlmaLinux-9-GenericCloud-latest.x86_64.qcow2', 'AlmaLinux-10-GenericCloud-ext4-10.1-20260101.0.x86_64_v2.qcow2'],
  rocky: ['Rocky-9-GenericCloud-Base.latest.x86_64.qcow2', 'Rocky-10-GenericCloud-Base-10.1-20260101.0.aarch64.qcow2'],
  azureuser: ['azurelinux-3.0-x86_64.qcow2'],
}
it.each(Object.entries(names).flatMap(([user, files]) => files.map((file) => [user, file] as const)))('%s logs in on %s', (user, file) => {
  expect(usualUser(file)).toBe(user)
})

it.each<[string, string]>([
  ['alpine', 'Welcome to Alpine Linux 3.20'],
  ['core', 'Welcome to Flatcar Container Linux by Kinvolk 3975.2.0 (Oklo)!'],
  ['core', 'Welcome to Red Hat Enterprise Linux CoreOS 416.94.202407171205-0!'],
  ['core', 'Welcome to CentOS Stream CoreOS 9.0!'],
  ['centos', 'Welcome to CentOS Linux 7 (Core)!'],
  ['centos', 'Welcome to CentOS Linux 8!'],
  ['centos', 'Welcome to CentOS Stream 8!'],
  ['cloud-user', 'Welcome to CentOS Stream 9!'],
  ['cloud-user', 'Welcome to CentOS Stream 10 (Coughlan)!'],
  ['cloud-user', 'Welcome to Red Hat Enterprise Linux 9.4 (Plow)!'],
  ['cloud-user', 'Welcome to Oracle Linux Server 9.4!'],
  ['sles', 'Welcome to SUSE Linux Enterprise Server 15 SP6  (x86_64) - Kernel 6.4.0 (ttyS0).'],
  ['opensuse', 'Welcome to openSUSE Leap 15.6!'],
  ['kali', 'Kali GNU/Linux Rolling image-test ttyS0'],
  ['debian', 'Debian GNU/Linux 13 image-test ttyS0'],
  ['ubuntu', 'Ubuntu 24.04.2 LTS image-test ttyS0'],
  ['openeuler', 'Welcome to openEuler 24.03 (LTS)!'],
  ['gentoo', 'Welcome to Gentoo Linux!'],
  ['ec2-user', 'Welcome to Amazon Linux 2023.5.20240805!'],
  ['root', '<<< Welcome to NixOS 24.11.20250101.abcdef (x86_64) - ttyS0 >>>'],
  ['freebsd', 'FreeBSD/amd64 (image-test) (ttyu0)'],
  ['arch', 'Welcome to Arch Linux!'],
  ['cirros', 'cirros login: '],
  ['fedora', 'Welcome to Fedora Linux 44 (Cloud Edition)!'],
])('%s logs in where the console says: %s', (user, line) => {
  expect(isGreeting(line)).toBe(true)
  expect(usualUser(line)).toBe(user)
})

it.each(['disk.qcow2', 'image.raw', 'my-ol.qcow2', 'search.qcow2', 'hierarchy.img', 'misles.img'])('nobody is known on %s', (file) => {
  expect(usualUser(file)).toBeUndefined()
})

it.each(['[    0.000000] Linux version 6.1.0 (debian-kernel@lists.debian.org)', 'Loading Fedora Linux'])('is no greeting: %s', (line) => {
  expect(isGreeting(line)).toBe(false)
})
