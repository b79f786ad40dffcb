import type { Accelerator } from '../../results'
import type { Disk } from '../../images/disks'
import type { Firmware } from './firmware'

export interface MachineLayout {
  readonly name: string
  readonly accelerator: Accelerator['kind']
  readonly version: readonly number[] // of QEMU
  readonly memoryBytes: number
  readonly cpus: number
  readonly firmware: Firmware
  readonly variables: string | undefined
  readonly disks: readonly { readonly base: Disk; readonly overlay: string }[]
  readonly seed: string | undefined
  readonly serialPort: string // file that tells SeaBIOS to mirror its screen to the serial port
  readonly extra: readonly string[] // the user's own, last
}

// File descriptors that QEMU inherits: no socket path to clash, to clean up or to grow too long.
export const qmpFd = 3
export const consoleFd = 4

// Everything QEMU is told. Pure, so that a report and a replay show exactly what ran.
export const qemuArguments = (layout: MachineLayout): string[] => [
  ...['-name', `image-test-${layout.name}`, '-nodefaults', '-no-user-config'],
  ...['-machine', 'q35,vmport=off', '-accel', layout.accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi', '-cpu', cpuModel(layout)],
  ...['-smp', String(layout.cpus), '-m', `${Math.ceil(layout.memoryBytes / 1024 / 1024)}M`],
  // The process outlives a panic and a power-off, so that there is a screen to look at.
  ...['-action', 'panic=pause,shutdown=pause', '-S'],
  ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
  ...['-display', 'none', '-device', 'VGA'],
  ...['-chardev', `socket,id=qmp,fd=${qmpFd}`, '-mon', 'chardev=qmp,mode=control'],
  ...['-chardev', `socket,id=console,fd=${consoleFd}`, '-serial', 'chardev:console'],
  ...['-fw_cfg', `name=etc/sercon-port,file=${comma(layout.serialPort)}`],
  ...['-device', 'virtio-rng-pci', '-device', 'pvpanic-pci', '-device', 'vmgenid'],
  ...['-netdev', 'user,id=net0,hostfwd=tcp:127.0.0.1:0-:22', '-device', 'virtio-net-pci,netdev=net0,romfile='],
  ...flash(layout),
  ...layout.disks.flatMap(({ base, overlay }, index) => disk(`disk${index}`, base, overlay, index)),
  ...(layout.seed === undefined ? [] : seed(layout.seed)),
  ...layout.extra,
]

// AVX2 is broken in guests emulated by QEMU 7.2.0–7.2.19 and 10.0.0–10.0.3.
export const cpuModel = ({ accelerator, version }: Pick<MachineLayout, 'accelerator' | 'version'>): string => {
  if (accelerator === 'kvm') return 'host'
  const [major = 0, minor = 0, micro = 0] = version
  const broken = (major === 7 && minor === 2 && micro < 20) || (major === 10 && minor === 0 && micro < 4)
  return broken ? 'max,avx2=off' : 'max'
}

const flash = ({ firmware, variables }: MachineLayout): string[] =>
  firmware.code === undefined || variables === undefined
    ? []
    : [
        ...['-blockdev', json({ driver: 'file', 'node-name': 'uefi-code', filename: firmware.code, 'read-only': true })],
        ...['-blockdev', json({ driver: 'file', 'node-name': 'uefi-variables', filename: variables })],
        ...['-machine', 'pflash0=uefi-code,pflash1=uefi-variables'],
      ]

// Every driver is named, so that QEMU never guesses a format; the chain ends at the base whatever its header says.
const disk = (node: string, base: Disk, overlay: string, index: number): string[] => [
  '-blockdev',
  json({
    driver: 'qcow2',
    'node-name': node,
    discard: 'unmap',
    cache: { direct: false, 'no-flush': true },
    file: { driver: 'file', filename: overlay, discard: 'unmap' },
    backing: {
      driver: base.format,
      'read-only': true,
      file: fileOf(base),
      ...(base.format === 'qcow2' ? { backing: null } : {}),
    },
  }),
  '-device',
  `virtio-blk-pci,drive=${node},bootindex=${index},werror=stop,rerror=stop`,
]

// A disk that is a part of a file is shown to QEMU as that part and nothing else. The last sector of a member of a tar archive is filled up.
export const fileOf = ({ path, window }: Disk): object => {
  const file = { driver: 'file', filename: path, 'read-only': true }
  if (window === undefined) return file
  return { driver: 'raw', 'read-only': true, offset: window.offset, size: Math.ceil(window.bytes / 512) * 512, file }
}

const seed = (path: string): string[] => [
  '-blockdev',
  json({ driver: 'raw', 'node-name': 'seed', 'read-only': true, file: { driver: 'file', filename: path, 'read-only': true } }),
  '-device',
  'virtio-blk-pci,drive=seed',
]

const json = (value: object): string => JSON.stringify(value)
const comma = (path: string): string => path.replaceAll(',', ',,')
