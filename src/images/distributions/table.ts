// All that is known of a distribution before anybody is asked. How its images are found is in names/publishers/.
import type { Distribution, GuestSystem } from './distribution'
import { almalinuxKeys } from './keys/almalinux'
import { fedoraKeys } from './keys/fedora'
import { opensuseKeys } from './keys/opensuse'
import { ubuntuKeys } from './keys/ubuntu'

export const fedora = {
  name: 'fedora',
  example: 'fedora:44',
  called: /fedora/i,
  user: 'fedora',
  servers: {
    IMAGE_TEST_FEDORA_RELEASES: { url: 'https://fedoraproject.org/releases.json', what: "Fedora's list of released images" },
    IMAGE_TEST_FEDORA_DOWNLOAD: { url: 'https://download.fedoraproject.org/pub/fedora/linux', what: 'Fedora images; redirects to mirrors' },
    IMAGE_TEST_FEDORA_MASTER: { url: 'https://dl.fedoraproject.org/pub/fedora/linux', what: 'Fedora checksum files' },
    IMAGE_TEST_FEDORA_METALINK: { url: 'https://mirrors.fedoraproject.org/metalink', what: 'Fedora, lists of mirrors' },
    IMAGE_TEST_FEDORA_ARCHIVE: {
      url: 'https://archives.fedoraproject.org/pub/archive/fedora/linux',
      what: 'Fedora releases that have ended',
    },
    IMAGE_TEST_FEDORA_COMPOSES: { url: 'https://kojipkgs.fedoraproject.org/compose', what: 'composes: rawhide, branched, `compose:ID`' },
  },
  // What its files are called takes more than a pattern: fedora-files.ts. The keys sign CoreOS too: Fedora-Cloud-Base-Generic-44-1.7…,
  // Fedora-Cloud-Base-Generic.x86_64-40-1.14…, Fedora-…-45_Beta-1.3…, fedora-coreos-44.2026…
  signing: { keys: fedoraKeys, files: /^fedora-/i, release: /-(\d{2,3})(?=[-._])/, signature: 'inside' },
} as const satisfies Distribution

export const fedoraCoreos = {
  name: 'fedora-coreos',
  example: 'fedora-coreos:stable',
  called: /core-?os|(?<![a-z])(?:f|rh|s)cos(?![a-z])|flatcar/i,
  user: 'core', // whom Ignition makes
  servers: { IMAGE_TEST_FEDORA_COREOS: { url: 'https://builds.coreos.fedoraproject.org', what: 'Fedora CoreOS' } },
} as const satisfies Distribution

export const centosStream = {
  name: 'centos-stream',
  example: 'centos-stream:10',
  called: /cent-?os/i,
  user: 'cloud-user',
  servers: { IMAGE_TEST_CENTOS_STREAM: { url: 'https://cloud.centos.org/centos', what: 'CentOS Stream' } },
  images: {
    // CentOS-Stream-GenericCloud-10-20260818.0.x86_64.qcow2, CentOS-Stream-Vagrant-Libvirt-10-20260818.0.x86_64.vagrant-libvirt.box
    pattern: /^CentOS-Stream-(?<variant>[\w-]+?)-(?<release>\d+)-(?<version>\d{8}\.\d+)\.\w+\./,
    variant: 'GenericCloud',
    boxes: 'Vagrant',
  },
  checksums: 'IMAGE.SHA256SUM',
} as const satisfies Distribution

export const almalinux = {
  name: 'almalinux',
  example: 'almalinux:9',
  called: /alma-?linux/i,
  user: 'almalinux',
  servers: { IMAGE_TEST_ALMALINUX: { url: 'https://repo.almalinux.org/almalinux', what: 'AlmaLinux' } },
  images: {
    // AlmaLinux-9-GenericCloud-9.6-20250522.x86_64.qcow2, AlmaLinux-10-GenericCloud-ext4-10.2-20260526.0.x86_64.qcow2
    pattern: /^AlmaLinux-\d+-(?<variant>[\w-]+?)-(?<version>\d+\.\d+-\d{8}(?:\.\d+)?)\.\w+\./,
    variant: 'GenericCloud',
    boxes: 'Vagrant',
  },
  checksums: 'CHECKSUM',
  signing: { keys: almalinuxKeys, files: /^almalinux-/i, release: /^\w+-(\d+)(?=[-._])/, signature: '.asc' },
} as const satisfies Distribution

export const rocky = {
  name: 'rocky',
  example: 'rocky:10',
  called: /rocky/i,
  user: 'rocky',
  servers: { IMAGE_TEST_ROCKY: { url: 'https://dl.rockylinux.org/pub/rocky', what: 'Rocky Linux' } },
  images: {
    // Rocky-10-GenericCloud-Base-10.2-20260525.0.x86_64.qcow2, Rocky-9-Vagrant-Libvirt-9.5-20241118.0.x86_64.box
    pattern: /^Rocky-\d+-(?<variant>[\w-]+?)-(?<version>\d+\.\d+-\d{8}(?:\.\d+)?)\.\w+\./,
    variant: 'GenericCloud-Base',
    boxes: 'Vagrant',
  },
  checksums: 'IMAGE.CHECKSUM',
} as const satisfies Distribution

export const debian = {
  name: 'debian',
  example: 'debian:13',
  called: /debian/i,
  user: 'debian',
  servers: { IMAGE_TEST_DEBIAN: { url: 'https://cloud.debian.org/images/cloud', what: 'Debian' } },
  images: {
    // debian-13-genericcloud-amd64-20260712-2537.qcow2, debian-sid-generic-amd64-daily-20260712-2537.raw
    pattern: /^debian-\w+-(?<variant>[\w-]+)-(?<arch>amd64|arm64)(?:-daily)?-(?<version>\d{8}-\d+)\./,
    variant: 'genericcloud',
    seedless: ['nocloud'],
    users: { nocloud: 'root' },
  },
  checksums: 'SHA512SUMS',
  // The folders have code names; the files in them numbers.
  codenames: { '10': 'buster', '11': 'bullseye', '12': 'bookworm', '13': 'trixie', '14': 'forky', '15': 'duke', sid: 'sid' },
} as const satisfies Distribution & { codenames: unknown }

export const opensuse = {
  name: 'opensuse',
  example: 'opensuse:16.0', // which is Leap
  called: /open-?suse|\bleap\b|tumbleweed/i,
  user: 'opensuse',
  servers: { IMAGE_TEST_OPENSUSE: { url: 'https://download.opensuse.org', what: 'openSUSE' } },
  images: {
    // Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.71.qcow2, and without the build the same image until the next one
    pattern:
      /^(?:openSUSE-)?Leap-[\d.]+-Minimal-VM\.(?<arch>\w+)-(?:[\d.]+-)?(?<variant>[A-Za-z][\w-]*?)(?:-(?<version>Build[\d.]*\d))?\.qcow2$/,
    variant: 'Cloud',
    seedless: ['kvm-and-xen'],
  },
  checksums: 'IMAGE.sha256',
  signing: { keys: opensuseKeys, files: /^(opensuse-|leap-\d)/i, signature: '.asc' },
} as const satisfies Distribution

export const ubuntu = {
  name: 'ubuntu',
  example: 'ubuntu:24.04',
  called: /ubuntu|-(?:server|minimal)-cloudimg/i, // noble, plucky and whatever comes
  user: 'ubuntu',
  servers: { IMAGE_TEST_UBUNTU: { url: 'https://cloud-images.ubuntu.com/releases', what: 'Ubuntu' } },
  // Its list says what the files are.
  checksums: 'SHA256SUMS',
  signing: { keys: ubuntuKeys, files: /^ubuntu-|-(server|minimal)-cloudimg-/i, signature: '.gpg' },
} as const satisfies Distribution

export const archLinux = {
  name: 'arch',
  example: 'arch:latest',
  called: /\barch\b|arch-?linux/i,
  user: 'arch',
  servers: { IMAGE_TEST_ARCH: { url: 'https://geo.mirror.pkgbuild.com/images', what: 'Arch Linux' } },
  images: {
    // Arch-Linux-x86_64-cloudimg-20261001.604814.qcow2, Arch-Linux-x86_64-libvirt-20261001.604814.box
    pattern: /^Arch-Linux-x86_64-(?<variant>\w+)-(?<version>\d{8}\.\d+)\./,
    variant: 'cloudimg',
    boxes: 'vagrant',
    seedless: ['basic'],
  },
  checksums: 'IMAGE.SHA256',
} as const satisfies Distribution

export const distributions: readonly Distribution[] = [
  fedora,
  fedoraCoreos,
  centosStream,
  almalinux,
  rocky,
  debian,
  opensuse,
  ubuntu,
  archLinux,
]

// Everything that can be told by its name, with the user that cloud-init makes (its config/cloud.cfg.tmpl) or that the images have of their own.
// The order matters: a name may hold those of two systems.
export const guestSystems: readonly GuestSystem[] = [
  { called: /vagrant/i, user: 'vagrant' },
  fedoraCoreos,
  { called: /alpine/i, user: 'alpine' }, // some of its images are called tiny
  { called: /\btiny\b/i, user: 'tiny' },
  fedora,
  {
    called: /cent-?os(?: linux)?[- ][5-8](?!\d)|cent-?os[- ]stream(?:-genericcloud)?(?:-x86_64|-aarch64)?[- ]8(?!\d)/i,
    user: 'centos',
  },
  centosStream,
  { called: /red ?hat|\brhel\b|oracle|(?<![a-z])ol\d+u\d+/i, user: 'cloud-user' },
  almalinux,
  rocky,
  ubuntu,
  { called: /\bkali\b/i, user: 'kali' },
  debian,
  opensuse,
  { called: /(?<![a-z])sles(?![a-z])|suse linux enterprise/i, user: 'sles' },
  { called: /open-?euler/i, user: 'openeuler' },
  { called: /gentoo|^di-(?:amd64|arm64)-/i, user: 'gentoo' },
  { called: /cirros/i, user: 'cirros' },
  { called: /nixos/i, user: 'root' },
  { called: /free-?bsd/i, user: 'freebsd' },
  archLinux,
  { called: /amazon|(?<![a-z])al202\d|amzn/i, user: 'ec2-user' },
  { called: /azure-?linux|\bmariner\b/i, user: 'azureuser' },
]
