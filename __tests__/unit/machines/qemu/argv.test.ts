import { describe, expect, it } from 'vitest'
import { qemuArguments, type MachineLayout } from '../../../../src/machines/qemu/argv'
import { refuseBus } from '../../../../src/machines/qemu/fit/buses'

const layout: MachineLayout = {
  name: 'image-test-machine.marker',
  arch: 'x86_64',
  accelerator: 'tcg',
  version: [7, 2, 22],
  memoryBytes: 512 * 1024 ** 2,
  cpus: 2,
  firmware: { kind: 'bios' },
  variables: 'machine.uefi-variables.fd',
  bus: 'virtio',
  disks: [{ overlay: 'machine.disk0.qcow2', base: { fd: 5, path: '/images/a,b.qcow2', format: 'qcow2' } }],
  seed: 'machine.seed.iso',
  fwCfg: [],
  oemStrings: [],
  nic: 'virtio',
  nics: 1,
  tpmSocket: undefined,
  extra: [],
}
const line = (given: Partial<MachineLayout>): string => qemuArguments({ ...layout, ...given }).join(' ')
// The values of an option, in order.
const values = (option: string, given: Partial<MachineLayout>): string[] => {
  const words = qemuArguments({ ...layout, ...given })
  return words.filter((_, index) => words[index - 1] === option)
}

describe('what QEMU is told', () => {
  it('gives an image that was partitioned for them sectors of 4096 bytes, and nothing else', () => {
    const disks = [...layout.disks, { overlay: 'machine.empty0.qcow2' }]
    const devices = (bus: MachineLayout['bus']) =>
      values('-device', { bus, disks, sectorBytes: 4096 }).filter((text) => text.includes('drive='))
    expect(devices('virtio')).toEqual([
      'virtio-blk-pci,drive=disk0,bootindex=0,werror=stop,rerror=stop,logical_block_size=4096,physical_block_size=4096',
      'virtio-blk-pci,drive=disk1,bootindex=1,werror=stop,rerror=stop',
      'virtio-blk-pci,drive=seed',
    ])
    expect(devices('scsi')[0]).toMatch(/^scsi-hd,.*,logical_block_size=4096,physical_block_size=4096$/)
    for (const bus of ['ide', 'sata'] as const) {
      const surroundings = { arch: 'x86_64', firmware: 'uefi', drives: 2, sectorBytes: 4096 } as const
      expect(() => {
        refuseBus(bus, surroundings)
      }).toThrow(`disk-bus: ${bus} has no disks of 4096-byte sectors`)
    }
  })

  it('names every format, and no other file than those of the run and the descriptor of the image', () => {
    const blockdevs = values('-blockdev', {}).map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(blockdevs).toEqual([
      {
        driver: 'qcow2',
        'node-name': 'disk0',
        discard: 'unmap',
        cache: { direct: false, 'no-flush': true },
        file: { driver: 'file', filename: 'machine.disk0.qcow2', discard: 'unmap' },
        backing: {
          driver: 'qcow2',
          'node-name': 'base0',
          'read-only': true,
          file: { driver: 'file', filename: '/dev/fdset/5', 'read-only': true },
          backing: null,
        },
      },
      {
        driver: 'raw',
        'node-name': 'seed',
        'read-only': true,
        file: { driver: 'file', filename: 'machine.seed.iso', 'read-only': true },
      },
    ])
    expect(values('-add-fd', {})).toEqual(['fd=5,set=5,opaque=/images/a,,b.qcow2'])
    expect(line({})).toContain(' -nodefaults -no-user-config ')
    expect(line({})).not.toMatch(/-drive|-hda|-cdrom|format=/)
    expect(line({})).toContain('-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny')
  })

  it.each([
    ['virtio', ['virtio-blk-pci,drive=disk0,bootindex=0,werror=stop,rerror=stop', 'virtio-blk-pci,drive=seed']],
    [
      'scsi',
      [
        'virtio-scsi-pci,id=scsi0',
        'scsi-hd,drive=disk0,bus=scsi0.0,scsi-id=0,bootindex=0,werror=stop,rerror=stop',
        'scsi-cd,drive=seed,bus=scsi0.0,scsi-id=1',
      ],
    ],
    ['sata', ['ahci,id=sata0', 'ide-hd,drive=disk0,bus=sata0.0,bootindex=0,werror=stop,rerror=stop', 'ide-cd,drive=seed,bus=sata0.1']],
    ['ide', ['ide-hd,drive=disk0,bus=ide.0,unit=0,bootindex=0,werror=stop,rerror=stop', 'ide-cd,drive=seed,bus=ide.0,unit=1']],
  ] as const)('attaches disks and seed by %s', (bus, devices) => {
    expect(values('-device', { bus }).filter((device) => /drive=|id=s/.test(device))).toEqual(devices)
    expect(values('-machine', { bus })).toEqual([bus === 'ide' ? 'pc,vmport=off' : 'q35,vmport=off'])
  })

  it('adds controllers as disks need them', () => {
    const disks = Array.from({ length: 8 }, (_, index) => ({ overlay: `disk${index}` }))
    expect(values('-device', { bus: 'sata', disks }).filter((device) => device.startsWith('ahci'))).toEqual([
      'ahci,id=sata0',
      'ahci,id=sata1',
    ])
    expect(line({ bus: 'sata', disks })).toContain('drive=disk7,bus=sata1.1,')
  })

  it('gives an empty disk no backing file', () => {
    expect(values('-blockdev', { disks: [{ overlay: 'empty.qcow2' }] })[0]).toContain('"backing":null')
  })

  it('puts each further network card on a network of its own', () => {
    expect(values('-netdev', { nics: 3 })).toEqual([
      'user,id=net0,hostfwd=tcp:127.0.0.1:0-:22',
      'user,id=net1,net=10.0.3.0/24',
      'user,id=net2,net=10.0.4.0/24',
    ])
    expect(values('-device', { nic: 'e1000', nics: 2 }).filter((device) => device.includes('netdev'))).toEqual([
      'e1000,netdev=net0,romfile=',
      'e1000,netdev=net1,romfile=',
    ])
  })

  it('keeps the keys of secure boot from the guest', () => {
    const firmware = { kind: 'uefi-secure', flash: { code: '/code', variables: '/variables' } } as const
    expect(values('-machine', { firmware })[0]).toBe('q35,vmport=off,smm=on')
    expect(values('-global', { firmware })).toEqual(['driver=cfi.pflash01,property=secure,value=on'])
    expect(values('-blockdev', { firmware })[1]).toContain('"filename":"machine.uefi-variables.fd"}')
    expect(values('-global', { firmware, arch: 'aarch64' })).toEqual([])
  })

  it('knows what an aarch64 machine has', () => {
    const given = { arch: 'aarch64', tpmSocket: 'machine.tpm.marker' } as const
    expect(values('-machine', given)).toEqual(['virt,gic-version=max'])
    expect(values('-cpu', given)).toEqual(['cortex-a57'])
    expect(line(given)).toContain('-device tpm-tis-device,tpmdev=tpm0')
    expect(line(given)).not.toMatch(/vmgenid|VGA|vmport/)
  })

  it('hands over credentials and configuration', () => {
    expect(values('-smbios', { oemStrings: ['io.systemd.credential:a=b,c'] })).toEqual(['type=11,value=io.systemd.credential:a=b,,c'])
    expect(values('-fw_cfg', { fwCfg: [{ name: 'opt/com.coreos/config', file: 'machine.fw-cfg0' }] })).toEqual([
      'name=opt/com.coreos/config,file=machine.fw-cfg0',
    ])
  })
})

describe('disk-bus: ide', () => {
  it.each([
    [{ arch: 'aarch64', firmware: 'uefi', drives: 1 }, 'disk-bus: ide is nothing that machines for aarch64 have'],
    [{ arch: 'x86_64', firmware: 'uefi-secure', drives: 1 }, 'disk-bus: ide and secure boot need different chipsets'],
    [{ arch: 'x86_64', firmware: 'bios', drives: 5 }, 'disk-bus: ide has room for 4 drives, the seed among them, and not for 5'],
  ] as const)('is refused for %j', (machine, message) => {
    expect(() => {
      refuseBus('ide', machine)
    }).toThrow(message)
    expect(() => {
      refuseBus('sata', machine)
    }).not.toThrow()
  })
})
