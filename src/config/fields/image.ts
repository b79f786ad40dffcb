// The keys of `image` and `machine`: what boots, and on what.
import { boolean, line, matching, script, wholeNumber, choice } from '../types/scalar'
import { list, shortOrLong } from '../types/collections'
import { mapping } from '../types/mapping'
import { size } from '../types/units'

export const userName = matching('the name of a user', 'USER', /^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/)

// MD5 and SHA-1 prove nothing any more.
const digest = matching(
  'sha256:HEX with 64 hexadecimal digits (sha384 and sha512 work as well)',
  'sha256:HEX',
  /^((sha256[:=])?[0-9a-fA-F]{64}|(sha384[:=])?[0-9a-fA-F]{96}|(sha512[:=])?[0-9a-fA-F]{128})$/,
)

const source = line('a name, a path or a URL', 'IMAGE')

export const imageFields = {
  source: {
    type: source,
    description:
      'The image: a name such as `fedora:44`, a path, a pattern that matches one file, or a URL; qcow2 or raw, also packed as `.xz`, `.zst`, `.gz` or `.bz2`.',
  },
  checksum: { type: digest, description: 'Digest of the file as published, before it is unpacked: `sha256:HEX`, also sha384 and sha512.' },
  'checksum-file': {
    type: line('a path or a URL', 'FILE'),
    description:
      'Path or URL of a checksum file that lists the image, such as `SHA256SUMS`; without it one is looked for beside the image.',
  },
  verify: {
    type: choice('auto', 'signature', 'checksum', 'none'),
    default: 'auto',
    description:
      'What must be proven: a `signature` by a known key, a `checksum` from you, beside a local image or over https from the publisher, as much as there is (`auto`), or `none`.',
  },
  'signing-key': {
    type: script('a public key', 'KEY'),
    description:
      'OpenPGP public key that must have signed the checksum file, or the path of its file; without it the keys of Fedora and others are known.',
  },
  'login-user': {
    type: userName,
    description: "The user that tests log in as; without it the usual one of the system that the image's name or its console tells.",
  },
  arch: {
    type: choice('x86_64', 'aarch64'),
    description: "Architecture of the image: `x86_64` or `aarch64`; without it the image's name or its boot loader tells.",
  },
  provisioning: {
    type: choice('auto', 'cloud-init', 'ignition', 'systemd-credentials', 'none'),
    default: 'auto',
    description:
      'How our key gets in: by `cloud-init`, `ignition`, `systemd-credentials` (as root), or not at all (`none`: give `password` or `ssh-key`); `auto` is `ignition` for CoreOS, else `cloud-init`.',
  },
  format: { type: choice('qcow2', 'raw'), description: 'Format of the disk, `qcow2` or `raw`; without it the file itself tells.' },
} as const

// Only its source, or everything about it.
export const image = shortOrLong(source, mapping(imageFields), (written) => ({ source: written }))

export const machineFields = {
  memory: { type: size, default: '2G', description: 'Memory of the machine in `M` or `G`, powers of 1024.' },
  cpus: { type: wholeNumber(1, 255), default: '2', description: 'Number of virtual CPUs.' },
  disk: {
    type: size,
    description: "Size to which the disk is grown before it boots, in `M` or `G`; without it what a box asks for, else the image's own.",
  },
  firmware: {
    type: choice('auto', 'bios', 'uefi', 'uefi-secure'),
    default: 'auto',
    description:
      "Firmware: `bios`, `uefi`, `uefi-secure` (secure boot with Microsoft's keys), or `auto`: what the disk holds a boot loader for, `bios` when for both.",
  },
  tpm: { type: boolean, default: 'false', description: 'Gives the machine a TPM 2.0 of its own, new for each boot attempt.' },
  'disk-bus': {
    type: choice('auto', 'virtio', 'scsi', 'sata', 'ide', 'any'),
    default: 'auto',
    description:
      'How the disks are attached: `auto` is what a box is made for, else `virtio`; another one is for images without its driver, and `any` tries them in turn. `scsi` is virtio-scsi.',
  },
  nic: {
    type: choice('auto', 'virtio', 'e1000', 'e1000e', 'rtl8139'),
    default: 'auto',
    description:
      'Model of the network cards: `auto` is what a box is made for, else `virtio`; another one is for images without its driver.',
  },
  nics: {
    type: wholeNumber(1, 8),
    default: '1',
    description: 'Number of network cards, each on a network of its own; tests log in through the first.',
  },
  disks: {
    type: list(size, 'a size such as 10G'),
    description: "Sizes of further, empty disks, which come after the image's own.",
  },
} as const

export const machine = mapping(machineFields)
