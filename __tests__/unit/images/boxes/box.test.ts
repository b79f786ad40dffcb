import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { throwAwayKey } from '../../../../src/access/keys'
import { folder, inFolder, noise, obtain, obtaining, pack, qcow2, qemuImg, rawDisk } from '../../../support/make'
import { startServer } from '../../../support/server'
import { tar, type Entry } from '../../../support/make-tar'
import { boxFile, libvirt, ovf, text, vagrantfile } from './make-box'

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const disk = qcow2()
const second = qcow2({ virtualBytes: 32 * 1024 * 1024 })
const img = (content = disk, name = 'box.img'): Entry => ({ name, content })

const path = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = path
})

describe('a box for libvirt', () => {
  it('is its disk, inspected, with a user of its own and no seed', async () => {
    const source = boxFile([libvirt(), text('info.json', { author: 'me', nested: {} }), text('Vagrantfile', vagrantfile()), img()])
    const { disks, dir, warnings } = obtaining(source)
    const found = await disks
    expect(found.disks).toMatchObject([
      { path: expect.stringMatching(/disk0\.img$/) as string, format: 'qcow2', virtualBytes: 16 * 1024 * 1024 },
    ])
    expect(found.box).toEqual({ user: 'vagrant', password: 'vagrant' })
    expect(found.facts).toMatchObject({
      sha256: sha256(disk),
      fetchedSha256: sha256(readFileSync(source)),
      format: 'qcow2',
      box: { provider: 'libvirt', info: { author: 'me' } },
    })
    expect(await found.proof()).toEqual({ sha256: sha256(disk), unchanged: true })
    expect(readFileSync(found.disks[0]?.path ?? '').equals(disk)).toBe(true)
    expect(readdirSync(join(dir, readdirSync(dir)[0] ?? ''))).toEqual(['disk0.img'])
    expect(warnings).toEqual([])
  })

  it.each(['xz', 'zstd', 'bzip2', 'gzip'] as const)('may be packed with %s', async (program) => {
    const found = await obtain(inFolder('x.box', pack(program, tar(libvirt(), img()))))
    expect(found.facts.sha256).toBe(sha256(disk))
  })

  it.each([true, false])('may be a tar archive as old as Unix V7, packed: %s', async (packed) => {
    const old = [libvirt(), img()].map((member) => ({ ...member, magic: '' }))
    expect((await obtain(boxFile(old, { packed }))).facts).toMatchObject({ sha256: sha256(disk), box: { provider: 'libvirt' } })
  })

  it('may come from a server, in pieces', async () => {
    await using server = await startServer()
    const packed = gzipSync(tar(libvirt(), img()))
    const url = server.put('/x.box', { content: packed, faults: [{ kind: 'cut', afterBytes: packed.length / 2 }] })
    const checksum = sha256(packed)
    expect((await obtain(url, { request: { checksum } })).facts).toMatchObject({
      sha256: sha256(disk),
      fetchedSha256: checksum,
      verified: 'checksum',
    })
    await expect(obtain(url, { request: { checksum: sha256(disk) } })).rejects.toThrow('expected')
  })

  it('is fetched anew when it changes on the server meanwhile', async () => {
    await using server = await startServer()
    const before = tar(libvirt(), img(second))
    const url = server.put('/x.box', {
      content: before,
      faults: [
        { kind: 'cut', afterBytes: before.length - 100 },
        { kind: 'becomes', content: tar(libvirt(), img(disk)) },
      ],
    })
    expect((await obtain(url)).facts.sha256).toBe(sha256(disk))
  })

  it('is used where it lies when it is not packed', async () => {
    const source = boxFile([libvirt(), text('Vagrantfile', vagrantfile()), img()], { packed: false })
    const { disks, dir } = obtaining(source)
    const found = await disks
    const [only] = found.disks
    expect(only).toMatchObject({ path: source, format: 'qcow2', window: { offset: 5 * 512, bytes: disk.length } })
    expect(
      readFileSync(source)
        .subarray(5 * 512, 5 * 512 + disk.length)
        .equals(disk),
    ).toBe(true)
    expect(readdirSync(join(dir, readdirSync(dir)[0] ?? ''))).toEqual([])
    expect(await found.proof()).toEqual({ sha256: sha256(disk), unchanged: true })
    writeFileSync(source, readFileSync(source))
    expect(await found.proof()).toEqual({ sha256: sha256(disk), unchanged: false })
  })

  it('may have holes, as tar -S leaves them', async () => {
    const dir = folder()
    qemuImg('create', '-q', '-f', 'qcow2', join(dir, 'box.img'), '16M')
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 12M 1M', join(dir, 'box.img')])
    execFileSync('fallocate', ['--dig-holes', join(dir, 'box.img')])
    writeFileSync(join(dir, 'metadata.json'), '{"provider":"libvirt","format":"qcow2","virtual_size":1}')
    execFileSync('tar', ['-c', '-S', '-C', dir, '-f', join(dir, 'x.box'), './metadata.json', './box.img'])
    expect(statSync(join(dir, 'x.box')).size).toBeLessThan(statSync(join(dir, 'box.img')).size)
    const found = await obtain(join(dir, 'x.box'))
    expect(found.facts.sha256).toBe(sha256(readFileSync(join(dir, 'box.img'))))
    expect(found.disks[0]).not.toHaveProperty('window')
    qemuImg('check', '-f', 'qcow2', found.disks[0]?.path ?? '')
  })

  it('of the second format has several disks, in the order of its metadata, wherever they are', async () => {
    const disks = [{ path: 'sub/second.disk', name: 'root' }, { path: './first.img' }, { path: 'raw', format: 'raw' }]
    const raw = rawDisk(1024 * 1024)
    for (const order of [0, 1]) {
      const files = [img(disk, 'first.img'), img(second, 'sub/second.disk')]
      const metadata = libvirt({ disks })
      const members = order === 0 ? [metadata, ...files, img(raw, 'raw')] : [...files, metadata, img(raw, 'raw')]
      const found = await obtain(boxFile(members))
      expect(found.disks.map(({ virtualBytes, format }) => [virtualBytes / 1024 / 1024, format])).toEqual([
        [32, 'qcow2'],
        [16, 'qcow2'],
        [1, 'raw'],
      ])
      expect(await found.proof()).toEqual({ sha256: sha256(second), unchanged: true })
      writeFileSync(found.disks[2]?.path ?? '', 'changed')
      expect((await found.proof()).unchanged).toBe(false)
    }
  })

  it('tells by its Vagrantfile how to log in and what it needs', async () => {
    const key = throwAwayKey().private
    const lines = [
      'config.ssh.username = "core"',
      'config.ssh.password = "secret"',
      'config.ssh.private_key_path = File.expand_path("../vagrant_private_key", __FILE__)',
      'libvirt.memory = 4096',
      'libvirt.loader = "/usr/share/OVMF/OVMF_CODE.fd"',
      'libvirt.disk_bus = "sata"',
    ]
    const { disks, warnings } = obtaining(
      boxFile([libvirt(), text('vagrant_private_key', key), text('Vagrantfile', vagrantfile(...lines)), img()]),
    )
    const { box, madeFor } = await disks
    expect(box).toEqual({ user: 'core', password: 'secret', privateKey: key })
    expect(madeFor).toEqual({ uefi: true, memoryBytes: 4096 * 1024 * 1024, diskBus: 'sata' })
    expect(warnings).toEqual([])
  })

  it.each([
    ['is none', [text('vagrant_private_key', 'PRIVATE KEY')]],
    ['is not there', []],
  ])('says so when its private key %s', async (_, members) => {
    const settings = vagrantfile('config.ssh.private_key_path = "vagrant_private_key"')
    const { disks, warnings } = obtaining(boxFile([libvirt(), ...members, text('Vagrantfile', settings), img()]))
    expect((await disks).box).toEqual({ user: 'vagrant', password: 'vagrant' })
    expect(warnings).toEqual(['the private key in the box is missing, needs a passphrase or cannot be read: it is not tried'])
  })

  const made = { uefi: false }
  const asking = async (...lines: readonly string[]) => {
    const { disks, warnings } = obtaining(
      boxFile([libvirt(), text('Vagrantfile', vagrantfile(...lines.map((line) => `libvirt.${line}`))), img()]),
    )
    return { madeFor: (await disks).madeFor, warnings }
  }

  it('tells the machine that it asks for', async () => {
    const lines = ['nic_model_type = "e1000"', 'cpus = 4', 'machine_type = "q35"', 'machine_virtual_size = 40', 'disk_bus = "scsi"']
    const madeFor = { ...made, nic: 'e1000', cpus: 4, machineType: 'q35', diskBytes: 40 * 1024 ** 3, diskBus: 'scsi' }
    expect(await asking(...lines)).toEqual({ madeFor, warnings: [] })
    expect((await asking('machine_virtual_size = 4096')).warnings).toEqual([
      'the box asks for a disk of 4 TiB, but it may have 16 MiB, as it is, to 2 TiB',
    ])
  })

  it('says so when it asks for a smaller disk than it has', async () => {
    const source = boxFile([
      libvirt(),
      text('Vagrantfile', vagrantfile('libvirt.machine_virtual_size = 1')),
      img(qcow2({ virtualBytes: 2 * 1024 ** 3 })),
    ])
    const { disks, warnings } = obtaining(source)
    expect((await disks).madeFor).toEqual(made)
    expect(warnings).toEqual(['the box asks for a disk of 1 GiB, but it may have 2 GiB, as it is, to 2 TiB'])
  })

  it('may hold what people add to boxes', async () => {
    const extra = ['README.md', 'LICENSE', 'include/_Vagrantfile', 'include/deep/file.sh', 'efivars.fd', 'packer.txt']
    expect((await obtain(boxFile([libvirt(), ...extra.map((name) => text(name, 'x')), img()]))).disks).toHaveLength(1)
  })

  it.each(['unknown', '', 'amd64', undefined])('may be for the architecture %j', async (architecture) => {
    const found = await obtain(boxFile([libvirt({ architecture }), img()]))
    expect(found.arch).toBe(architecture === 'amd64' ? 'x86_64' : undefined)
  })

  it('may be for the architecture that the job asks for', async () => {
    expect((await obtain(boxFile([libvirt({ architecture: 'arm64' }), img()]), { request: { arch: 'aarch64' } })).arch).toBe('aarch64')
  })

  it.each(['arm64', 'unknown', undefined])('may be for the architecture that its name asks for: %s', async (architecture) => {
    await using server = await startServer()
    const url = server.put('/arm.box', gzipSync(tar(libvirt({ architecture }), img())))
    const provider = { name: 'libvirt', url, architecture: 'arm64' }
    const catalog = server.put('/box.json', JSON.stringify({ name: 'me/box', versions: [{ version: '1', providers: [provider] }] }))
    expect((await obtain(`vagrant:${catalog}?arch=aarch64`)).arch).toBe('aarch64')
  })

  it('for qemu is the same', async () => {
    const found = await obtain(boxFile([text('metadata.json', { provider: 'qemu', format: 'qcow2', architecture: 'amd64' }), img()]))
    expect(found.facts.box?.provider).toBe('qemu')
  })
})

describe('a box for VirtualBox', () => {
  const vmdk = (format = 'streamOptimized'): { content: Buffer; raw: Buffer } => {
    const dir = folder()
    const raw = rawDisk(8 * 1024 * 1024, 7)
    writeFileSync(join(dir, 'raw'), raw)
    qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', `subformat=${format}`, join(dir, 'raw'), join(dir, 'box.vmdk'))
    return { content: readFileSync(join(dir, 'box.vmdk')), raw }
  }
  const asRaw = (file = ''): Buffer => {
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', file, `${file}.raw`)
    return readFileSync(`${file}.raw`)
  }

  it.each([
    ['streamOptimized', [text('metadata.json', { provider: 'virtualbox' })]],
    ['monolithicSparse', [text('metadata.json', { provider: 'virtualbox' })]],
    ['streamOptimized', []], // of Vagrant 1.0
  ] as const)('is converted to qcow2: %s %#', async (format, metadata) => {
    const { content, raw } = vmdk(format)
    const source = boxFile([
      ...metadata,
      text('Vagrantfile', vagrantfile()),
      text('box.ovf', ovf('box.vmdk')),
      { name: 'box.vmdk', content },
    ])
    const { disks, warnings } = obtaining(source)
    const found = await disks
    const file = found.disks[0]?.path ?? ''
    expect(found.disks).toMatchObject([{ path: file, format: 'qcow2', virtualBytes: raw.length }])
    expect(readdirSync(dirname(file))).toEqual(['disk0.qcow2'])
    expect(asRaw(file).equals(raw)).toBe(true)
    expect(found.facts).toMatchObject({ format: 'qcow2', box: { provider: 'virtualbox' } })
    expect(found.facts).not.toHaveProperty('sha256')
    expect(await found.proof()).toEqual({ sha256: sha256(readFileSync(file)), unchanged: true })
    expect(warnings).toEqual(['the disk of this box for VirtualBox was converted to qcow2 and is tested on QEMU, not on VirtualBox itself'])
  })

  it('without a Vagrantfile is an OVA, which gets a seed', async () => {
    const { content } = vmdk()
    const { disks, warnings } = obtaining(
      boxFile([text('x.ovf', ovf('x.vmdk')), { name: 'x.vmdk', content }, text('x.mf', '')], { packed: false, name: 'x.ova' }),
    )
    const found = await disks
    expect(found.box).toBeUndefined()
    expect(found.facts).not.toHaveProperty('box')
    expect(warnings[0]).toContain('the disk of this OVA was converted')
  })

  it('boots by UEFI when its OVF or Vagrantfile says so', async () => {
    const { content } = vmdk()
    const efi = ovf('box.vmdk').replace('</Envelope>', '<vbox:Machine><Firmware type="EFI"/></vbox:Machine></Envelope>')
    const byOvf = boxFile([text('Vagrantfile', vagrantfile()), text('box.ovf', efi), { name: 'box.vmdk', content }])
    const customize = 'vb.customize ["modifyvm", :id, "--firmware", "efi"]'
    const byFile = boxFile([text('Vagrantfile', vagrantfile(customize)), text('box.ovf', ovf('box.vmdk')), { name: 'box.vmdk', content }])
    for (const source of [byOvf, byFile]) expect((await obtain(source)).madeFor?.uefi).toBe(true)
  })

  it.each([
    [20, 'sata'],
    [5, 'ide'],
    [6, 'parallel SCSI'],
  ])('has its disk on the controller of the first disk in its OVF: type %i', async (type, diskBus) => {
    const item = (id: number, kind: number, parent = ''): string =>
      `<Item><rasd:InstanceID>${id}</rasd:InstanceID>${parent}<rasd:ResourceType>${kind}</rasd:ResourceType></Item>`
    const parent = '<rasd:Parent>4</rasd:Parent>'
    const items = `${item(3, 5)}${item(4, type)}${item(5, 15, '<rasd:Parent>3</rasd:Parent>')}${item(6, 17, parent)}`
    const described = ovf('box.vmdk').replace('</Envelope>', `<VirtualSystem>${items}</VirtualSystem></Envelope>`)
    const ova = [text('box.ovf', described), { name: 'box.vmdk', content: vmdk().content }]
    for (const members of [ova, [text('Vagrantfile', vagrantfile()), ...ova]]) {
      expect((await obtain(boxFile(members))).madeFor?.diskBus).toBe(diskBus)
    }
  })

  it('leaves no descriptor of its VMDK, which would keep its room on the disk', async () => {
    const { dir, disks } = obtaining(
      boxFile([text('x.ovf', ovf('x.vmdk')), { name: 'x.vmdk', content: vmdk().content }], { name: 'x.ova' }),
    )
    await disks
    const open = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return '' // of the listing itself
      }
    })
    expect(open.filter((file) => file.startsWith(dir) && !file.endsWith('.qcow2'))).toEqual([])
  })

  describe('is converted by a program that', () => {
    const converter = (script: string) => {
      const bin = folder()
      chmodSync(bin, 0o755)
      writeFileSync(join(bin, 'who'), '', { mode: 0o666 })
      chmodSync(join(bin, 'who'), 0o666)
      writeFileSync(join(bin, 'qemu-img'), `#!/bin/sh\nid -u >${bin}/who\n${script}\n`, { mode: 0o755 })
      const { content, raw } = vmdk()
      process.env['PATH'] = `${bin}:${path ?? ''}`
      const source = boxFile([text('x.ovf', ovf('x.vmdk')), { name: 'x.vmdk', content }], { name: 'x.ova' })
      return { source, raw, uid: () => Number(readFileSync(join(bin, 'who'), 'utf8')) }
    }

    it('owns nothing when we are root, and hands back a file of ours', async () => {
      const { source, raw, uid } = converter(`exec ${execFileSync('sh', ['-c', 'command -v qemu-img'], { encoding: 'utf8' }).trim()} "$@"`)
      const { disks } = await obtain(source)
      process.env['PATH'] = path
      const file = disks[0]?.path ?? ''
      expect(asRaw(file).equals(raw)).toBe(true)
      expect(statSync(file)).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() })
      if (process.getuid?.() === 0) expect(uid()).toBeGreaterThanOrEqual(61184)
    })

    it.each([
      ['a link to a file of the host', (host: string) => `ln -s ${host} disk.qcow2`],
      ['another name of the disk', () => 'ln disk0.img disk.qcow2'],
      ['a pipe', () => 'mkfifo disk.qcow2'],
      ['nothing', () => ':'],
    ])('may leave %s, which is refused', async (_name, leave) => {
      const host = inFolder('host', 'secret')
      chmodSync(host, 0o640)
      const { source } = converter(leave(host))
      await expect(obtain(source)).rejects.toMatchObject({
        outcome: 'image-error',
        message: expect.stringContaining('has a VMDK of which qemu-img makes no file') as string,
      })
      expect(statSync(host).mode & 0o777).toBe(0o640)
      expect(readFileSync(host, 'utf8')).toBe('secret')
    })
  })

  it('that qemu-img cannot read to its end is refused in its words', async () => {
    const { content } = vmdk()
    const broken = Buffer.from(content)
    broken.fill(0x55, 70_000, 200_000)
    const source = boxFile([text('Vagrantfile', vagrantfile()), text('box.ovf', ovf('box.vmdk')), { name: 'box.vmdk', content: broken }])
    await expect(obtain(source)).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining('has a VMDK that qemu-img cannot convert: ') as string,
    })
  })
})

describe('refused is a box', () => {
  const cases: readonly (readonly [string, readonly Entry[], string])[] = [
    ['of links', [libvirt(), { name: 'box.img', type: '2', link: '/etc/passwd' }], 'holds a symbolic link ("box.img")'],
    ['that leads out', [libvirt(), { name: '../box.img', content: disk }], 'leads out of its folder'],
    ['with a surprise', [libvirt(), text('.bashrc', 'echo'), img()], 'holds a file that does not belong into a box (".bashrc")'],
    [
      'with a surprise in front',
      [text('etc/passwd', 'root'), libvirt(), img()],
      'holds a file that does not belong into a box ("etc/passwd")',
    ],
    ['with an empty surprise', [{ name: 'surprise' }, libvirt(), img()], 'holds a file that does not belong into a box ("surprise")'],
    ['with a disk too many', [libvirt(), img(), img(second, 'other.img')], 'holds a file that does not belong into a box ("other.img")'],
    ['with a disk too many in front', [img(second, 'other'), libvirt(), img()], 'holds a file that does not belong into a box ("other")'],
    ['with nine disks', Array.from({ length: 9 }, (_, index) => img(disk, `${index}.img`)), 'holds more than 8 disks'],
    ['that says a thing twice', [libvirt(), libvirt(), img()], 'holds "metadata.json" twice'],
    ['without metadata', [img()], 'is a tar archive, but no box: it has neither a metadata.json nor an OVF'],
    [
      'below a folder',
      [{ name: 'box/metadata.json', content: '{}' }],
      'holds a file that does not belong into a box ("box/metadata.json")',
    ],
    ['without its disk', [libvirt()], 'names the disk "box.img", which is not in it'],
    ['without a provider', [text('metadata.json', {})], 'has a metadata.json without a provider'],
    ['for VMware', [text('metadata.json', { provider: 'vmware_desktop' })], 'is a box for the provider "vmware_desktop"'],
    ['whose metadata is no JSON', [text('metadata.json', '{')], 'has a metadata.json that is not JSON'],
    ['whose metadata is a list', [text('metadata.json', '[]')], 'has a metadata.json that is no JSON object'],
    ['whose metadata is long', [text('metadata.json', ' '.repeat(1024 * 1024 + 1))], 'has a metadata.json of 1048577 bytes'],
    ['whose metadata leads out', [libvirt({ disks: [{ path: '../../etc/passwd' }] })], 'leads out of its folder'],
    ['whose metadata names a file of the host', [libvirt({ disks: [{ path: '/etc/passwd' }] })], 'absolute name ("/etc/passwd")'],
    ['whose metadata names a disk twice', [libvirt({ disks: [{ path: 'a' }, { path: './a' }] }), img(disk, 'a')], 'names a disk twice'],
    ['with no list of disks', [libvirt({ disks: {} })], 'whose "disks" is no list of disks'],
    ['in another format', [libvirt({ format: 'vdi' }), img()], 'has a disk of the format "vdi"'],
    ['with another disk than it says', [libvirt(), img(rawDisk(1024 * 1024))], 'is said to be qcow2, but has no qcow2 header'],
    ['for another architecture', [libvirt({ architecture: 'arm64' }), img()], 'is a box for aarch64, but the machine is x86_64'],
    ['for a strange architecture', [libvirt({ architecture: 'ppc64le' }), img()], 'is a box for "ppc64le"'],
    ['for an old architecture', [libvirt({ architecture: 'i386' }), img()], 'is a box for "i386"'],
    ['whose disk has a backing file', [libvirt(), img(qcow2({ backing: '/etc/passwd' }))], '(box.img) names a backing file'],
    ['with several OVFs', [text('a.ovf', ovf('a.vmdk')), text('b.ovf', ovf('a.vmdk')), img(disk, 'a.vmdk')], 'has several OVFs'],
    ['whose OVF has no disk', [text('a.ovf', ovf())], 'has an OVF without a disk'],
    ['whose OVF names a disk twice', [text('a.ovf', ovf('a.vmdk', 'a.vmdk'))], 'has an OVF that names a disk twice'],
    [
      'whose OVF has two files by one name',
      [text('a.ovf', ovf('a.vmdk', 'b.vmdk').replace('ovf:id="file1"', 'ovf:id="file0"'))],
      'has an OVF that contradicts itself',
    ],
    ['whose OVF names a file of the host', [text('a.ovf', ovf('/etc/passwd'))], 'absolute name ("/etc/passwd")'],
    ['whose OVF leads out', [text('a.ovf', ovf('../a.vmdk'))], 'leads out of its folder'],
    [
      'whose OVF refers to the network',
      [text('a.ovf', ovf('https://evil.example/a.vmdk'))],
      'has an OVF that refers to https://evil.example/a.vmdk',
    ],
    [
      'whose OVF has entities',
      [text('a.ovf', `<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>${ovf('&y;')}`)],
      'definitions of its own',
    ],
    [
      'whose OVF has packed disks',
      [text('a.ovf', ovf('a').replace('ovf:href', 'ovf:compression="gzip" ovf:href'))],
      'has an OVF with packed disks',
    ],
    [
      'whose OVF has a chain of disks',
      [text('a.ovf', ovf('a').replace('ovf:fileRef', 'ovf:parentRef="b" ovf:fileRef'))],
      'needs a parent disk',
    ],
    ['whose VMDK is none', [text('a.ovf', ovf('a.vmdk')), img(disk, 'a.vmdk')], 'has a disk that is no VMDK'],
    ['whose info is no JSON', [libvirt(), text('info.json', '{'), img()], 'has a info.json that is not JSON'],
  ]

  it.each(cases)('%s', async (_name, members, says) => {
    for (const packed of [true, false]) {
      const { disks, dir } = obtaining(boxFile(members, { packed }))
      await expect(disks).rejects.toMatchObject({ outcome: 'image-error', message: expect.stringContaining(says) as string })
      expect((await disks.catch((error: unknown) => error)) as Error).toHaveProperty('hint')
      expect(readdirSync(dir)).toEqual([])
    }
  })

  it('that is a tar bomb, before it is on the disk', async () => {
    const bomb = boxFile([libvirt(), img(Buffer.concat([disk, Buffer.alloc(4 * 1024 * 1024)]))])
    const { disks, dir } = obtaining(bomb, { limits: { unpackedBytes: 1024 * 1024 } })
    await expect(disks).rejects.toThrow('unpacks to more than 1 MiB')
    expect(readdirSync(dir)).toEqual([])
  })

  it('that is zip, which no box for QEMU or VirtualBox is', async () => {
    const dir = folder()
    execFileSync('sh', ['-c', 'echo x >metadata.json && ln -s /etc/passwd box.img && zip -q -y x.zip metadata.json box.img'], { cwd: dir })
    await expect(obtain(join(dir, 'x.zip'))).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining('is a zip archive') as string,
    })
  })

  it('that is cut short or damaged', async () => {
    const whole = readFileSync(boxFile([libvirt(), img(Buffer.concat([disk, noise(100_000)]))]))
    await expect(obtain(inFolder('x.box', whole.subarray(0, whole.length - 500)))).rejects.toMatchObject({ outcome: 'image-error' })
    const plain = readFileSync(boxFile([libvirt(), img()], { packed: false }))
    await expect(obtain(inFolder('x.box', plain.subarray(0, 3000)))).rejects.toThrow('is cut short')
  })
})

it('is no box for a job that says it is a disk', async () => {
  const looks = rawDisk(1024 * 1024)
  tar(libvirt()).copy(looks)
  await expect(obtain(inFolder('x.img', looks), { request: { format: 'qcow2' } })).rejects.toThrow('is a tar archive')
})
