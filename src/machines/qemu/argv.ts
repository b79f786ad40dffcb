import type { DiskBus } from '../../config/job'
import type { Architecture } from '../../lib/architecture'
import type { Disk } from '../../formats/disk'
import type { Accelerator } from '../../results'
import { driveArguments, isCdOn } from './fit/buses'
import type { Firmware } from './firmware'

export interface MachineLayout {
  readonly name: string
  readonly arch: Architecture
  readonly accelerator: Accelerator['kind']
  readonly version: readonly number[] // of QEMU
  readonly memoryBytes: number
  readonly cpus: number
  readonly firmware: Firmware
  readonly variables: string
  readonly bus: DiskBus
  readonly disks: readonly LayoutDisk[]
  readonly sectorBytes?: 4096 | undefined // of the first disk; absent: 512
  readonly seed: string | undefined
  readonly fwCfg: readonly { readonly name: string; readonly file: string }[]
  readonly oemStrings: readonly string[] // SMBIOS type 11
  readonly nic: string
  readonly nics: number
  readonly tpmSocket: string | undefined
  readonly extra: readonly string[] // the user's own, last
}

export interface LayoutDisk {
  readonly overlay: string
  readonly base?: Pick<Disk, 'path' | 'format' | 'window'> & { readonly fd: number } // absent: an empty disk
}

// File descriptors that QEMU inherits: no socket path to clash, to clean up or to grow too long. After them come the images, opened by us:
// the very files that were inspected, also when QEMU runs as somebody who may not open them.
export const qmpFd = 3
export const consoleFd = 4
export const firstImageFd = 5

// Everything QEMU is told. Pure, so that a report and a replay show exactly what ran.
export const qemuArguments = (layout: MachineLayout): string[] => [
  ...['-name', layout.name, '-nodefaults', '-no-user-config'],
  ...['-machine', board(layout), '-accel', layout.accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi', '-cpu', cpuModel(layout)],
  ...['-smp', String(layout.cpus), '-m', `${Math.ceil(layout.memoryBytes / 1024 / 1024)}M`],
  // The process outlives a panic and a power-off, so that there is a screen to look at.
  ...['-action', 'panic=pause,shutdown=pause', '-S'],
  ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
  ...['-display', 'none', '-device', layout.arch === 'x86_64' ? 'VGA' : 'virtio-gpu-pci'],
  ...['-chardev', `socket,id=qmp,fd=${qmpFd}`, '-mon', 'chardev=qmp,mode=control'],
  ...['-chardev', `socket,id=console,fd=${consoleFd}`, '-serial', 'chardev:console'],
  ...layout.fwCfg.flatMap(({ name, file }) => ['-fw_cfg', `name=${comma(name)},file=${comma(file)}`]),
  ...layout.oemStrings.flatMap((value) => ['-smbios', `type=11,value=${comma(value)}`]),
  ...['-device', 'virtio-rng-pci', '-device', 'pvpanic-pci', ...(layout.arch === 'x86_64' ? ['-device', 'vmgenid'] : [])],
  ...Array.from({ length: layout.nics }, (_, index) => network(index, layout.nic)).flat(),
  ...flash(layout),
  ...layout.disks.flatMap(disk),
  ...(layout.seed === undefined ? [] : seed(layout.seed)),
  ...driveArguments(layout.bus, [
    ...layout.disks.map((_, index) => ({
      node: `disk${index}`,
      options: `bootindex=${index},werror=stop,rerror=stop${index === 0 ? sectors(layout) : ''}`,
      isCd: false,
    })),
    ...(layout.seed === undefined ? [] : [{ node: 'seed', options: '', isCd: isCdOn(layout.bus) }]),
  ]),
  ...(layout.tpmSocket === undefined ? [] : tpm(layout.tpmSocket, layout.arch)),
  ...layout.extra,
]

const sectors = ({ sectorBytes }: MachineLayout): string =>
  sectorBytes === undefined ? '' : `,logical_block_size=${sectorBytes},physical_block_size=${sectorBytes}`

// The chipset that has what the machine needs: i440fx the IDE of old, q35 the system management mode that keeps secure boot's keys.
const board = ({ arch, bus, firmware }: MachineLayout): string => {
  if (arch === 'aarch64') return 'virt,gic-version=max'
  if (bus === 'ide') return 'pc,vmport=off'
  return firmware.kind === 'uefi-secure' ? 'q35,vmport=off,smm=on' : 'q35,vmport=off'
}

// AVX2 is broken in guests emulated by QEMU 7.2.0–7.2.19 and 10.0.0–10.0.3. On aarch64 the largest model takes four times as long to boot as
// this one, which every distribution supports, and kernels of old stop at its address width.
export const cpuModel = ({ arch, accelerator, version }: Pick<MachineLayout, 'arch' | 'accelerator' | 'version'>): string => {
  if (accelerator === 'kvm') return 'host'
  if (arch === 'aarch64') return 'cortex-a57'
  const [major = 0, minor = 0, micro = 0] = version
  const broken = (major === 7 && minor === 2 && micro < 20) || (major === 10 && minor === 0 && micro < 4)
  return broken ? 'max,avx2=off' : 'max'
}

// The first card leads to the guest's SSH. Each further one is on a network of its own, so that no two routes clash.
const network = (index: number, model: string): string[] => [
  '-netdev',
  `user,id=net${index}${index === 0 ? ',hostfwd=tcp:127.0.0.1:0-:22' : `,net=10.0.${2 + index}.0/24`}`,
  '-device',
  `${model === 'virtio' ? 'virtio-net-pci' : model},netdev=net${index},romfile=`,
]

const flash = ({ arch, firmware, variables }: MachineLayout): string[] =>
  firmware.flash === undefined
    ? []
    : [
        ...['-blockdev', json({ driver: 'file', 'node-name': 'uefi-code', filename: firmware.flash.code, 'read-only': true })],
        ...['-blockdev', json({ driver: 'file', 'node-name': 'uefi-variables', filename: variables })],
        ...['-machine', 'pflash0=uefi-code,pflash1=uefi-variables'],
        // Only the firmware itself, in system management mode, may write its keys. A processor for aarch64 has no such mode.
        ...(firmware.kind === 'uefi-secure' && arch === 'x86_64' ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
      ]

// A disk of the image, below its overlay.
export const baseNode = (index: number): string => `base${index}`

// Every driver is named, so that QEMU never guesses a format; the chain ends at the base whatever its header says.
const disk = ({ base, overlay }: LayoutDisk, index: number): string[] => [
  ...(base === undefined ? [] : ['-add-fd', `fd=${base.fd},set=${base.fd},opaque=${comma(base.path)}`]),
  '-blockdev',
  json({
    driver: 'qcow2',
    'node-name': `disk${index}`,
    discard: 'unmap',
    cache: { direct: false, 'no-flush': true },
    file: { driver: 'file', filename: overlay, discard: 'unmap' },
    backing:
      base === undefined
        ? null
        : {
            driver: base.format,
            'node-name': baseNode(index),
            'read-only': true,
            file: imageFile(base),
            ...(base.format === 'qcow2' ? { backing: null } : {}),
          },
  }),
]

// A disk that is a part of a file is shown to QEMU as that part and nothing else. The last sector of a member of a tar archive is filled up.
const imageFile = ({ fd, window }: NonNullable<LayoutDisk['base']>): object => {
  const file = { driver: 'file', filename: `/dev/fdset/${fd}`, 'read-only': true }
  if (window === undefined) return file
  return { driver: 'raw', 'read-only': true, offset: window.offset, size: Math.ceil(window.bytes / 512) * 512, file }
}

const seed = (path: string): string[] => [
  '-blockdev',
  json({ driver: 'raw', 'node-name': 'seed', 'read-only': true, file: { driver: 'file', filename: path, 'read-only': true } }),
]

const tpm = (socket: string, arch: Architecture): string[] => [
  ...['-chardev', `socket,id=tpm,path=${comma(socket)}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
  ...['-device', `${arch === 'x86_64' ? 'tpm-tis' : 'tpm-tis-device'},tpmdev=tpm0`],
]

const json = (value: object): string => JSON.stringify(value)
const comma = (text: string): string => text.replaceAll(',', ',,')
