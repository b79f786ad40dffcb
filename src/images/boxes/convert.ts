import { constants } from 'node:fs'
import { chown, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { confined, type UserIdentity } from '../../host/confinement'
import { unprivileged } from '../../host/identity'
import { ensurePackages, missingPrograms } from '../../host/packages'
import { run, type Finished } from '../../host/process'
import { isRefusal } from '../../formats/headers/refusal'
import { isVmdk, readVmdk } from '../../formats/headers/vmdk'
import { headBytes } from '../../formats/inspect'
import type { Limits } from '../limits'
import type { Space } from '../../host/files/space'
import type { Refuse } from '../../formats/tar/refuse'
import type { Box, StoredDisk } from './box'
import { conversionFailure } from './conversion-failure'
import { roomFor } from './room'

export interface Conversion extends Pick<Space, 'makeRoom'> {
  readonly signal: AbortSignal
  readonly refuse: Refuse
  readonly limits: Pick<Limits, 'unpackedBytes' | 'reserveBytes' | 'virtualBytes'>
  readonly onProgress: (text: string) => void
  readonly marker?: string | undefined
}

const programs = ['qemu-img', 'prlimit', 'setpriv']
const tailBytes = 1024
// A few GiB take a minute or two on a slow runner.
const minutes = 15
// It takes 150 MiB of addresses when its threads share one heap, and a few hundred more for each that has its own.
const addressBytes = 2 * 1024 * 1024 * 1024

// Whether the disks of a box are VMDKs, which QEMU does not boot from here.
export const isForVirtualBox = ({ provider }: Pick<Box, 'provider'>): boolean => provider === 'virtualbox' || provider === 'ova'

// The box with disks that QEMU boots. image-error: one of them is not safe or not sound. infra-error: qemu-img cannot be had or fails.
export const convertDisks = async (box: Box, conversion: Conversion): Promise<Box> => {
  if (!isForVirtualBox(box)) return box
  let convertedBytes = 0
  const convert = async ({ member, path, window }: StoredDisk): Promise<StoredDisk> => {
    if (window !== undefined) throw noVmdk(conversion.refuse) // a qcow2 in a box that is not packed
    const converted = await convertVmdk(path, convertedBytes, conversion)
    convertedBytes += (await stat(converted)).size
    return { member, format: 'qcow2', path: converted }
  }
  const [first, ...others] = box.disks
  const disks: [StoredDisk, ...StoredDisk[]] = [await convert(first)]
  for (const disk of others) disks.push(await convert(disk))
  return { ...box, disks }
}

const noVmdk = (refuse: Refuse): Error => refuse('has a disk that is no VMDK', 'Boxes for VirtualBox hold one VMDK for each disk.')

// Turns the disk of a VirtualBox box into qcow2, in one pass, and removes the original. Its header has been read by us before, so that it
// cannot name other files; qemu-img, which has to read the rest, gets no more of this host than it needs. Resolves with the new path.
const convertVmdk = async (path: string, convertedBytes: number, conversion: Conversion): Promise<string> => {
  const { signal, refuse, limits, makeRoom, onProgress, marker } = conversion
  const { head, tail, fileBytes } = await readEnds(path)
  if (!isVmdk(head)) throw noVmdk(refuse)
  const vmdk = readVmdk(head, tail, { fileBytes, maxVirtualBytes: limits.virtualBytes })
  if (isRefusal(vmdk)) throw refuse(vmdk.refused, vmdk.hint)

  await ensurePackages({
    missing: () => missingPrograms(programs),
    packages: ['qemu-utils', 'util-linux'],
    elsewhere: 'Install qemu-img and util-linux first.',
    signal,
    onProgress,
    ...(marker === undefined ? {} : { marker }),
  })
  onProgress('converting the disk to qcow2')
  const { as, ...place } = await handOver(path, await unprivileged({ programs, files: [], kvm: undefined }))
  const file = { driver: 'file', filename: place.disk, 'read-only': true }
  const input = `json:${JSON.stringify({ driver: 'vmdk', backing: null, file })}`
  const qemuImg = (fileBytes: number, command: readonly string[]): Promise<Finished> => {
    const limited = { as, addressBytes, cpuSeconds: minutes * 60, fileBytes, diesWithUs: true }
    const [program = '', ...args] = confined(limited, ['qemu-img', ...command])
    return run({
      file: program,
      args,
      cwd: place.folder,
      env: { LC_ALL: 'C', MALLOC_ARENA_MAX: '1', ...(marker === undefined ? {} : { IMAGE_TEST_RUN: marker }) },
      timeoutMs: minutes * 60_000,
      signal,
    })
  }
  // By what its tables say. Of a disk that is not sound nothing is known: what is wrong with it, its conversion tells.
  const neededBytes = async (): Promise<number> => {
    const { ok, stdout } = await qemuImg(0, ['measure', '--output', 'json', '-O', 'qcow2', input])
    return ok ? Number(/"required": (\d+)/.exec(stdout)?.[1] ?? 0) : 0
  }
  const room = await roomFor({ folder: dirname(path), convertedBytes, limits, refuse, makeRoom, neededBytes })
  const finished = await qemuImg(room.bytes, ['convert', '-O', 'qcow2', input, place.result])
  if (!finished.ok) throw conversionFailure({ finished, room, minutes, refuse })
  const converted = path.replace(/\.img$/, '.qcow2')
  await takeBack(place, converted, refuse)
  return converted
}

// Without a descriptor that stays: what is removed later would keep its room on the disk.
const readEnds = async (path: string): Promise<{ readonly head: Buffer; readonly tail: Buffer; readonly fileBytes: number }> => {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const part = async (offset: number, bytes: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset)
      return buffer.subarray(0, bytesRead)
    }
    return { head: await part(0, headBytes), tail: await part(Math.max(size - tailBytes, 0), tailBytes), fileBytes: size }
  } finally {
    await file.close()
  }
}

interface Place {
  readonly folder: string // where qemu-img runs, so that no folder above need be open to it
  readonly disk: string // both are names in it
  readonly result: string
}

// A folder of its own with nothing but the disk in it, for whoever converts it. Not every file system lets root give files away; then that
// is us.
const handOver = async (path: string, as: UserIdentity | undefined): Promise<Place & { readonly as: UserIdentity | undefined }> => {
  const folder = `${path}.converting`
  const disk = basename(path)
  await mkdir(folder, { mode: 0o700 })
  await rename(path, join(folder, disk))
  const place = { folder, disk, result: 'disk.qcow2' }
  if (as === undefined) return { ...place, as }
  const given = Promise.all([join(folder, disk), folder].map((handed) => chown(handed, as.uid, as.gid)))
  return { ...place, as: await given.then(() => as).catch(() => undefined) }
}

// The result as a file of ours. Whoever took over qemu-img may have left anything in its place, such as a link to a file of the host.
const takeBack = async ({ folder, result }: Place, converted: string, refuse: Refuse): Promise<void> => {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  await chown(folder, uid, gid)
  const path = join(folder, result)
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  try {
    const stats = await file?.stat()
    if (file === undefined || stats?.isFile() !== true || stats.nlink !== 1) {
      throw refuse('has a VMDK of which qemu-img makes no file', 'Make or fetch it again.')
    }
    await file.chown(uid, gid)
    await file.chmod(0o600)
  } finally {
    await file?.close()
  }
  await rename(path, converted)
  await rm(folder, { recursive: true })
}
