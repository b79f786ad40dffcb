// What lies in the folder of a machine before it starts: overlays, seed, and what its firmware reads.
import { lchown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '../../errors'
import type { Disk } from '../../formats/disk'
import { formatBytes } from '../../lib/shown'
import type { UserIdentity } from '../../host/confinement'
import { makeFolder } from '../../host/files/make-folder'
import { qemuImg } from '../../host/qemu-img'
import type { Context } from '../provider'
import { refuseBus } from './fit/buses'
import { copyVariables, type Firmware } from './firmware'
import { isoImage } from './iso9660'
import type { MachineRequest } from './request'

type Owner = UserIdentity | undefined // as whom QEMU runs; as we do unless told

// Names in the folder.
export interface MachineFiles {
  readonly overlays: readonly string[] // one for each disk of the image
  readonly emptyDisks: readonly string[]
  readonly variables: string // of UEFI
  readonly seedVolume: string | undefined
  readonly fwCfg: readonly { readonly name: string; readonly file: string }[]
}

// Makes the folder and all that is in it, for whom QEMU runs as. config-error: the disks do not fit the bus, or would shrink. infra-error
export const makeFiles = async (request: MachineRequest, firmware: Firmware, owner: Owner, context: Context): Promise<MachineFiles> => {
  const { name, arch, hardware, image } = request
  const { dir } = context
  const own = ownerOf(owner)
  makeFolder(dir, 0o700)
  await own(dir)
  const files = seedFiles(request, firmware)
  const hasVolume = request.seed.by === 'volume' && request.seed.files.length > 0
  const drives = image.disks.length + hardware.emptyDisksBytes.length + (hasVolume ? 1 : 0)
  refuseBus(hardware.diskBus, { arch, firmware: firmware.kind, drives, sectorBytes: request.sectorBytes })
  const variables = `${name}.uefi-variables.fd`
  const [overlays, emptyDisks] = await Promise.all([
    Promise.all(image.disks.map((base, index) => overlay(request, base, index, owner, context))),
    Promise.all(hardware.emptyDisksBytes.map((bytes, index) => emptyDisk(`${name}.empty${index}.qcow2`, bytes, owner, context))),
    copyVariables(firmware, join(dir, variables)),
    ...files.map(({ file, content }) => writeFile(join(dir, file), content, { mode: 0o600, flag: 'wx' })),
  ])
  await Promise.all([...files.map(({ file }) => file), ...(firmware.flash ? [variables] : [])].map((file) => own(join(dir, file))))
  return {
    overlays,
    emptyDisks,
    variables,
    seedVolume: hasVolume ? seedVolume(name) : undefined,
    fwCfg: files.flatMap(({ file, fwCfg }) => (fwCfg === undefined ? [] : [{ name: fwCfg, file }])),
  }
}

// Hands a file over to whom QEMU runs as; never what a link leads to, which a program of theirs could have put there.
export const ownerOf =
  (owner: Owner) =>
  async (path: string): Promise<void> => {
    if (owner) await lchown(path, owner.uid, owner.gid)
  }

const seedVolume = (name: string): string => `${name}.seed.iso`

// SeaBIOS reads the I/O port of a serial console from this firmware file (a little-endian 64-bit number) and mirrors its screen there:
// the only way to see "No bootable device" or a boot loader without a serial terminal of its own.
const serialPortAddress = Buffer.from([0xf8, 0x03, 0, 0, 0, 0, 0, 0])

interface PrivateFile {
  readonly file: string // name in the folder
  readonly content: Uint8Array
  readonly fwCfg?: string // name under which the guest's firmware finds it
}

const seedFiles = ({ name, seed: { by, files } }: MachineRequest, firmware: Firmware): readonly PrivateFile[] => [
  ...(firmware.kind === 'bios' ? [{ file: `${name}.sercon-port`, content: serialPortAddress, fwCfg: 'etc/sercon-port' }] : []),
  ...(by === 'volume' && files.length > 0
    ? [
        {
          file: seedVolume(name),
          content: isoImage(
            'cidata',
            files.map(({ path, content }) => ({ name: path, content })),
          ),
        },
      ]
    : []),
  ...(by === 'fw_cfg' ? files.map(({ path, content }, index) => ({ file: `${name}.fw-cfg${index}`, content, fwCfg: path })) : []),
]

// It names no backing file: QEMU is told which, and qemu-img does not open the image at all.
const overlay = async (request: MachineRequest, base: Disk, index: number, owner: Owner, context: Context): Promise<string> => {
  const asked = index === 0 ? request.diskBytes : undefined
  if (asked !== undefined && asked < base.virtualBytes) {
    throw new JobError('config-error', `disk: the disk of the image has ${formatBytes(base.virtualBytes)} and can only grow`, {
      hint: 'Give a larger size, or leave `disk` out.',
    })
  }
  const sectorBytes = (index === 0 ? request.sectorBytes : undefined) ?? 512
  const bytes = Math.ceil((asked ?? base.virtualBytes) / sectorBytes) * sectorBytes
  const file = `${request.name}.disk${index}.qcow2`
  await create(`the overlay for ${base.path}`, [file, String(bytes)], owner, context)
  return file
}

const emptyDisk = async (file: string, bytes: number, owner: Owner, context: Context): Promise<string> => {
  await create('an empty disk', [file, String(bytes)], owner, context)
  return file
}

const createMs = 30_000

const create = async (what: string, args: readonly string[], as: Owner, { dir, signal }: Context): Promise<void> => {
  const made = await qemuImg({ args: ['create', '-q', '-f', 'qcow2', ...args], timeoutMs: createMs, signal, cwd: dir, as })
  if (made.ok) return
  const why = made.timedOut ? `qemu-img did not end within ${createMs / 1000} s` : made.stderr.trim() || 'qemu-img ended without a word'
  throw new JobError('infra-error', `could not make ${what}: ${why}`, {
    hint: 'Check that the working folder is writable and has free space.',
  })
}
