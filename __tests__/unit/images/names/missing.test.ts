import { describe, expect, it } from 'vitest'
import { publishers } from './harness'

const { identify } = publishers()

describe('a name that stands for nothing says what there is', () => {
  it.each([
    ['fedora:99', 'fedora:99: there is no Fedora 99; there is: 45 Beta, 44, 43, branched, latest, rawhide'],
    ['fedora:12', 'fedora:12: there is no Fedora 12; there is: 45 Beta, 44, 43, branched, latest, rawhide'],
    ['fedora:beefy', 'fedora:beefy: there is no Fedora beefy; there is: 45 Beta, 44, 43, branched, latest, rawhide'],
    [
      'fedora:44?variant=Cloud_Bass',
      'there is no image of the variant Cloud_Bass; there is: AmazonEC2, Cloud_Base, Cloud_Base_UKI, Server_KVM',
    ],
    ['fedora:44?format=raw&variant=Server_KVM', 'there is no image in the format raw; there is: qcow2'],
    ['fedora:44?arch=aarch64&provider=virtualbox', 'there is no image in the format vagrant-virtualbox; there is: qcow2, vagrant-libvirt'],
    ['fedora:40?arch=aarch64', 'there is no image for aarch64; there is: x86_64'],
    ['fedora:44?version=44-1.8', 'there is no version 44-1.8; there is: 44-1.7'],
    ['fedora:rawhide?version=44-1.7', 'there is no version 44-1.7; there is: Rawhide-20260801.n.0'],
    [
      'fedora:rawhide?version=Rawhide-20260101.n.0',
      'there is no version Rawhide-20260101.n.0; there is: Rawhide-20260801.n.0, Rawhide-20260730.n.1',
    ],
    ['fedora:45?version=45-20260101.n.0', 'there is no version 45-20260101.n.0; there is: 45-20260920.n.1'],
    ['fedora:44?version=45-20260920.n.1', 'there is no version 45-20260920.n.1; there is: 44-1.7'],
    ['fedora:44?format=raw', 'there is no image in the format raw; there is: qcow2, vagrant-libvirt, vagrant-virtualbox'],
    ['fedora:rawhide?format=raw', 'there is no image in the format raw; there is: '],
    ['fedora-coreos:rawhide', 'there is no stream rawhide; there is: next, stable, testing'],
    ['fedora-coreos:stable?version=44.1.2.3', 'there is no version 44.1.2.3 for x86_64; there is: 44.20260705.3.0'],
    ['centos-stream:11', 'there is no centos-stream 11 for x86_64; there is: 10, 9, 8'],
    ['centos-stream:x', 'there is no centos-stream x; there is: 10, 9, 8, latest'],
    ['centos-stream:10?version=20250101.0', 'there is no version 20250101.0; there is: 20260818.0, 20250904.0'],
    ['almalinux:9?variant=Generic', 'there is no image of the variant Generic; there is: GenericCloud-ext4, GenericCloud, OpenNebula'],
    ['rocky:7', 'there is no rocky 7 for x86_64; there is: 10, 9, 8'],
    ['debian:7', 'there is no Debian 7; there is: 14, 13, 12, 11, latest, sid'],
    ['debian:buster', 'there is no Debian buster'],
    ['debian:13?version=1', 'there is no version 1; there is: 20260712-2537, 20260112-2355'],
    ['ubuntu:24.05', 'there is no Ubuntu 24.05; there is: 26.04, 24.04, 22.04, latest, lts'],
    ['opensuse:17.0', 'there is no opensuse 17.0 for x86_64; there is: 16.0, 15.6, 15.5'],
    ['opensuse:16.0?variant=kvm', 'there is no image of the variant kvm; there is: Cloud, kvm-and-xen'],
    ['arch:rolling', 'there is no release rolling; there is: latest'],
    ['arch:latest?arch=arm64', 'there is no image for aarch64; there is: x86_64'],
    ['arch:latest?version=20260101.1', 'there is no arch latest for x86_64; there is: 20261001.604814, 20260901.583572'],
    [
      'compose:Fedora-Rawhide-20250101.n.0',
      'there is no compose with metadata/images.json at that place; there is: Fedora-Rawhide-20260801.n.0, Fedora-Rawhide-20260730.n.1',
    ],
    [
      'compose:latest-Fedora-46',
      'there is no compose with metadata/images.json at that place; there is: Fedora-45-20260920.n.1, Fedora-44-20260301.n.0',
    ],
    ['compose:Fedora-Cloud-44-20250101.0', 'there is no compose with metadata/images.json at that place'],
  ])('%s', async (name, message) => {
    await expect(identify(name)).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining(message) as string,
      hint: expect.stringMatching(/^(Choose one of these, or give|Check the name;)/) as string,
    })
  })
})
