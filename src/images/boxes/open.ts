import type { ImageRequest } from '../../config/job'
import { JobError } from '../../errors'
import type { Digests } from '../digests'
import { openDiskFile } from '../disk-file'
import type { BoxGuest, Disk, Disks } from '../disks'
import type { Network } from '../download'
import { inspect } from '../inspect'
import { createProof, hashFile } from '../proof'
import { refusing } from '../tar/refuse'
import type { Box, StoredDisk } from './box'
import { convertVmdk } from './convert'

export interface BoxOpening extends Network {
  readonly request: ImageRequest
  readonly shown: string
  readonly warn: (text: string) => void
  readonly marker?: string | undefined // in the environment of qemu-img
}

export interface OpenedBox extends Pick<Disks, 'proof' | 'box'> {
  readonly disks: readonly [Disk, ...Disk[]]
  readonly sha256: string | undefined // of the first disk; absent while it is being computed
}

// Makes the disks of a box fit to be booted: inspected, and those of VirtualBox converted. image-error: one of them is not safe or not sound,
// or the box is for another architecture. infra-error: qemu-img cannot be had or fails.
export const openBox = async (box: Box, options: BoxOpening): Promise<OpenedBox> => {
  const { shown, warn, signal } = options
  requireArchitecture(box, options)
  const [first, ...others] = box.disks
  const opened = await open(first, box, options)
  const rest: Awaited<ReturnType<typeof open>>[] = []
  for (const disk of others) rest.push(await open(disk, box, options))

  // Of a converted disk nobody knows the digest yet: it is computed beside the boot.
  const known: Digests | undefined = opened.converted ? undefined : new Map([['sha256', first.sha256]])
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
    ...(box.provider === 'ova' ? {} : { box: guestOf(box) }),
  }
}

const open = async (disk: StoredDisk, { provider }: Box, options: BoxOpening) => {
  const { shown, warn, limits } = options
  const refuse = refusing(shown)
  const converted = provider === 'virtualbox' || provider === 'ova'
  const path = converted ? await convertVmdk(disk.path, { ...options, refuse }) : disk.path
  const file = await openDiskFile(path, disk.window)
  const format = converted ? 'qcow2' : disk.format
  return {
    file,
    converted,
    disk: await inspect(file, { shown: `${shown} (${disk.member})`, format, maxVirtualBytes: limits.virtualBytes, warn }),
  }
}

const requireArchitecture = ({ architecture }: Box, { request, shown }: BoxOpening): void => {
  const wanted = request.arch ?? 'x86_64'
  if (architecture === undefined || architecture === wanted) return
  throw new JobError('image-error', `${shown} is a box for ${architecture}, but the machine is ${wanted}`, {
    hint: `Take the box for ${wanted}, or set \`arch: ${architecture}\`.`,
  })
}

// The user and password that every box has unless its Vagrantfile says otherwise: https://developer.hashicorp.com/vagrant/docs/boxes/base
const guestOf = ({ wishes, privateKey }: Box): BoxGuest => ({
  user: wishes.username ?? 'vagrant',
  password: wishes.password ?? 'vagrant',
  uefi: wishes.uefi === true,
  ...(privateKey === undefined ? {} : { privateKey }),
  ...(wishes.memoryBytes === undefined ? {} : { memoryBytes: wishes.memoryBytes }),
})

// What the report must say of such a test.
const say = ({ provider, wishes: { diskBus } }: Box, warn: (text: string) => void): void => {
  if (provider === 'virtualbox' || provider === 'ova') {
    const what = provider === 'ova' ? 'OVA' : 'box for VirtualBox'
    warn(`the disk of this ${what} was converted to qcow2 and is tested on QEMU, not on VirtualBox itself`)
  }
  if (diskBus !== undefined && diskBus !== 'virtio') warn(`the box asks for its disk on ${diskBus}, but it is tested on virtio`)
}
