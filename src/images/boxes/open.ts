import { JobError } from '../../errors'
import type { Digests } from '../../lib/digests'
import type { Disk } from '../../formats/disk'
import { openDiskFile } from '../../formats/disk-file'
import type { BoxGuest, Disks, MadeFor } from '../disks'
import type { Limits } from '../limits'
import { inspect } from '../../formats/inspect'
import type { Architecture } from '../../lib/architecture'
import { formatBytes } from '../../lib/shown'
import { hashFile } from '../../host/files/hash-file'
import { createProof } from '../proof'
import type { Box, StoredDisk } from './box'
import { isForVirtualBox } from './convert'

export interface BoxOpening {
  readonly arch: Architecture // of the machine
  readonly shown: string
  readonly signal: AbortSignal
  readonly limits: Pick<Limits, 'virtualBytes'>
  readonly warn: (text: string) => void
}

export interface OpenedBox extends Pick<Disks, 'proof' | 'box' | 'madeFor'> {
  readonly disks: readonly [Disk, ...Disk[]]
  readonly sha256: string | undefined // of the first disk; absent while it is being computed
}

// Inspects the disks of a box. image-error: one of them is not safe or not sound, or the box is for another architecture.
export const openBox = async (box: Box, options: BoxOpening): Promise<OpenedBox> => {
  const { shown, warn, signal } = options
  requireArchitecture(box, options)
  const [first, ...others] = box.disks
  const opened = await open(first, options)
  const rest: Awaited<ReturnType<typeof open>>[] = []
  for (const disk of others) rest.push(await open(disk, options))

  // Of a converted disk nobody knows the digest yet: it is computed beside the boot.
  const known: Digests | undefined = first.sha256 === undefined ? undefined : new Map([['sha256', first.sha256]])
  const digests = known === undefined ? hashFile(opened.file, [], signal) : Promise.resolve(known)
  const prove = createProof(opened.file, digests, [], shown)
  say(box, warn)
  return {
    disks: [opened.disk, ...rest.map(({ disk }) => disk)],
    sha256: known?.get('sha256'),
    proof: async () => {
      const proof = await prove()
      const unchanged = await Promise.all(rest.map(({ file }) => file.unchanged()))
      return { ...proof, unchanged: proof.unchanged && unchanged.every((same) => same) }
    },
    madeFor: machineFor(box, opened.disk, options),
    ...(box.provider === 'ova' ? {} : { box: guestOf(box) }), // nobody is known to be in an OVA: it gets a seed
  }
}

// The user and password that every box has unless its Vagrantfile says otherwise: https://developer.hashicorp.com/vagrant/docs/boxes/base
const guestOf = ({ wishes, privateKey }: Box): BoxGuest => ({
  user: wishes.username ?? 'vagrant',
  password: wishes.password ?? 'vagrant',
  ...(privateKey !== undefined && 'key' in privateKey ? { privateKey: privateKey.key } : {}),
})

const machineFor = ({ wishes }: Box, { virtualBytes: has }: Disk, { limits: { virtualBytes: may }, warn }: BoxOpening): MadeFor => {
  const { uefi = false, secureBoot, tpm, diskBus, nic, machineType, loader, memoryBytes, cpus, diskBytes } = wishes
  const possible = diskBytes === undefined || (diskBytes >= has && diskBytes <= may)
  if (!possible) {
    warn(`the box asks for a disk of ${formatBytes(diskBytes)}, but it may have ${formatBytes(has)}, as it is, to ${formatBytes(may)}`)
  }
  return {
    uefi,
    ...(secureBoot && { secureBoot }),
    ...(tpm && { tpm }),
    diskBus,
    nic,
    machineType,
    loader,
    memoryBytes,
    cpus,
    diskBytes: possible ? diskBytes : undefined,
  }
}

const open = async ({ path, window, was, format, member }: StoredDisk, { shown, warn, limits }: BoxOpening) => {
  const file = await openDiskFile(path, window, was)
  return { file, disk: await inspect(file, { shown: `${shown} (${member})`, format, maxVirtualBytes: limits.virtualBytes, warn }) }
}

const requireArchitecture = ({ architecture }: Box, { arch: wanted, shown }: BoxOpening): void => {
  if (architecture === undefined || architecture === wanted) return
  throw new JobError('image-error', `${shown} is a box for ${architecture}, but the machine is ${wanted}`, {
    hint: `Take the box for ${wanted}, or set \`arch: ${architecture}\`.`,
  })
}

// What the report must say of such a test.
const say = ({ provider, privateKey }: Box, warn: (text: string) => void): void => {
  if (privateKey !== undefined && 'refused' in privateKey) {
    warn('the private key in the box is missing, needs a passphrase or cannot be read: it is not tried')
  }
  if (isForVirtualBox({ provider })) {
    const what = provider === 'ova' ? 'OVA' : 'box for VirtualBox'
    warn(`the disk of this ${what} was converted to qcow2 and is tested on QEMU, not on VirtualBox itself`)
  }
}
