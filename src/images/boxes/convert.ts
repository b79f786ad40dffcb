import { rm } from 'node:fs/promises'
import { JobError } from '../../errors'
import { ensurePackages, missingPrograms } from '../../lib/packages'
import { run } from '../../lib/process'
import { openDiskFile } from '../disk-file'
import { isRefusal } from '../headers/refusal'
import { isVmdk, readVmdk } from '../headers/vmdk'
import { headBytes } from '../inspect'
import type { Limits } from '../limits'
import { printable } from '../shown'
import type { Refuse } from '../tar/refuse'
import type { Box, StoredDisk } from './box'

export interface Conversion {
  readonly signal: AbortSignal
  readonly refuse: Refuse
  readonly limits: Pick<Limits, 'unpackedBytes' | 'virtualBytes'>
  readonly onProgress: (text: string) => void
  readonly marker?: string | undefined
}

// A few GiB take a minute or two on a slow runner.
const minutes = 15
// It takes 150 MiB of addresses when its threads share one heap, and a few hundred more for each that has its own.
const memoryBytes = 2 * 1024 * 1024 * 1024

// Whether the disks of a box are VMDKs, which QEMU does not boot from here.
export const isForVirtualBox = ({ provider }: Pick<Box, 'provider'>): boolean => provider === 'virtualbox' || provider === 'ova'

// The box with disks that QEMU boots. image-error: one of them is not safe or not sound. infra-error: qemu-img cannot be had or fails.
export const convertDisks = async (box: Box, conversion: Conversion): Promise<Box> => {
  if (!isForVirtualBox(box)) return box
  const convert = async ({ member, path }: StoredDisk): Promise<StoredDisk> => ({
    member,
    format: 'qcow2',
    path: await convertVmdk(path, conversion),
  })
  const [first, ...others] = box.disks
  const disks: [StoredDisk, ...StoredDisk[]] = [await convert(first)]
  for (const disk of others) disks.push(await convert(disk))
  return { ...box, disks }
}

// Turns the disk of a VirtualBox box into qcow2, in one pass, and removes the original. Its header has been read by us before, so that it
// cannot name other files; qemu-img, which has to read the rest, gets no more of this host than it needs. Resolves with the new path.
const convertVmdk = async (path: string, { signal, refuse, limits, onProgress, marker }: Conversion): Promise<string> => {
  const file = await openDiskFile(path)
  const [head, tail] = await Promise.all([file.readAt(0, headBytes), file.readAt(Math.max(file.bytes - 1024, 0), 1024)])
  if (!isVmdk(head)) throw refuse('has a disk that is no VMDK', 'Boxes for VirtualBox hold one VMDK for each disk.')
  const vmdk = readVmdk(head, tail, { fileBytes: file.bytes, maxVirtualBytes: limits.virtualBytes })
  if (isRefusal(vmdk)) throw refuse(vmdk.refused, vmdk.hint)

  await ensurePackages({
    missing: () => missingPrograms(['qemu-img', 'prlimit', 'setpriv']),
    packages: ['qemu-utils', 'util-linux'],
    elsewhere: 'Install qemu-img and util-linux first.',
    signal,
    onProgress,
    ...(marker === undefined ? {} : { marker }),
  })
  onProgress('converting the disk to qcow2')
  const converted = path.replace(/\.img$/, '.qcow2')
  const input = `json:${JSON.stringify({ driver: 'vmdk', backing: null, file: { driver: 'file', filename: path, 'read-only': true } })}`
  const { ok, timedOut, stderr } = await run({
    file: 'setpriv',
    args: [
      ...['--pdeathsig', 'KILL', '--no-new-privs', ...(process.getuid?.() === 0 ? ['--inh-caps=-all', '--bounding-set=-all'] : [])],
      ...['--', 'prlimit', `--as=${memoryBytes}`, `--cpu=${minutes * 60}`, `--fsize=${limits.unpackedBytes}`, '--core=0'],
      ...['--', 'qemu-img', 'convert', '-O', 'qcow2', input, converted],
    ],
    env: { LC_ALL: 'C', MALLOC_ARENA_MAX: '1', ...(marker === undefined ? {} : { IMAGE_TEST_RUN: marker }) },
    timeoutMs: minutes * 60_000,
    signal,
  })
  if (timedOut)
    throw new JobError('infra-error', `qemu-img did not convert the disk within ${minutes} minutes`, { hint: 'Give a smaller box.' })
  if (/No space left|ENOSPC/.test(stderr)) {
    throw new JobError('infra-error', 'not enough disk space to convert the disk', { hint: 'Let the working folder be on a larger disk.' })
  }
  if (!ok) {
    throw refuse(
      `has a VMDK that qemu-img cannot convert: ${printable(stderr.trim().split('\n').at(-1) ?? '', 300)}`,
      'Make or fetch it again.',
    )
  }
  await rm(path)
  return converted
}
