import { expect, it } from 'vitest'
import { pinnedKeys } from '../../../../../src/images/trust/signatures/keys'
import { keysFor } from '../../../../../src/images/trust/signatures/publisher'

const owners = (file: string): readonly string[] => keysFor(file, pinnedKeys).map(({ owner }) => owner)
const all = pinnedKeys.map(({ owner }) => owner)
const fedora = all.filter((owner) => owner.startsWith('Fedora'))

it.each([
  ['Fedora-Cloud-Base-39-1.5.x86_64.qcow2', ['Fedora 39']],
  ['Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2', ['Fedora 40']],
  ['Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2', ['Fedora 44']],
  ['Fedora-Cloud-Base-Generic-45_Beta-1.3.aarch64.qcow2', ['Fedora 45']],
  ['Fedora-Cloud-Base-Vagrant-libvirt-44-1.7.x86_64.vagrant.libvirt.box', ['Fedora 44']],
  ['Fedora-Cloud-Base-Generic-41-20250115.0.x86_64.qcow2', ['Fedora 41']],
  ['fedora-44.raw.xz', ['Fedora 44']],
  ['fedora-coreos-44.20260901.3.0-qemu.x86_64.qcow2.xz', ['Fedora 44']],
  ['Fedora-Cloud-Base-38-1.6.x86_64.qcow2', []], // its key is not known
  ['Fedora-Cloud-Base-Generic-Rawhide-20260801.n.0.x86_64.qcow2', fedora],
  ['AlmaLinux-9-GenericCloud-9.6-20250522.x86_64.qcow2', ['AlmaLinux 9']],
  ['AlmaLinux-10-GenericCloud-ext4-10.2-20260526.0.x86_64.qcow2', ['AlmaLinux 10']],
  ['Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2', ['openSUSE']],
  ['openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2', ['openSUSE']],
  ['ubuntu-24.04-server-cloudimg-amd64.img', ['Ubuntu cloud images']],
  ['noble-server-cloudimg-arm64.img', ['Ubuntu cloud images']],
  ['disk.qcow2', all],
  ['my-fedora-44.qcow2', all],
  ['Arch-Linux-x86_64-cloudimg-20260801.1.qcow2', all],
  ['debian-13-genericcloud-amd64.qcow2', all],
])('%s may be signed for by %j', (file, expected) => {
  expect(owners(file)).toEqual(expected)
})
