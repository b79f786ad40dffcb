// What a hostile box names on the host is never opened: seen by the system calls of everything that looks at it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'
import { ensurePackages, missingPrograms } from '../../../../src/host/packages'
import { folder, qcow2, qemuImg } from '../../../support/make'
import { tar, type Entry } from '../../../support/make-tar'
import { libvirt, ovf, text, vagrantfile } from './make-box'

beforeAll(async () => {
  await ensurePackages({
    missing: () => missingPrograms(['strace', 'zip']),
    packages: ['strace', 'zip'],
    elsewhere: 'Install strace and zip first.',
    signal: new AbortController().signal,
  })
})

const traced = (log: string, ...command: readonly string[]): string =>
  execFileSync('strace', ['-f', '-qq', '-s', '4096', '-e', 'trace=%file', '-o', log, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

// A VMDK with another descriptor than qemu-img wrote.
const vmdk = (dir: string, change: (descriptor: string) => string): Buffer => {
  const file = join(dir, 'made.vmdk')
  qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicSparse', file, '1M')
  const bytes = readFileSync(file)
  const space = bytes.subarray(512, 512 + 20 * 512)
  const descriptor = change(space.toString('latin1').replace(/\0+$/, ''))
  space.fill(0)
  space.write(descriptor, 'latin1')
  return bytes
}

it('by no archive, no metadata and no header', () => {
  const dir = folder()
  const canary = join(dir, 'canary')
  writeFileSync(canary, 'secret'.repeat(1000))
  const img = (content: Buffer, name = 'box.img'): Entry => ({ name, content })
  const virtualbox = (content: Buffer): Entry[] => [
    text('Vagrantfile', vagrantfile()),
    text('box.ovf', ovf('box.vmdk')),
    img(content, 'box.vmdk'),
  ]
  const flat = `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "${canary}" 0\n`
  const sound = libvirt()
  const boxes: Readonly<Record<string, readonly Entry[]>> = {
    'symbolic-link': [sound, { name: 'box.img', type: '2', link: canary }],
    'hard-link': [sound, { name: 'box.img', type: '1', link: canary }],
    outside: [sound, { name: '../canary', content: 'changed' }],
    absolute: [sound, { name: canary, content: 'changed' }],
    metadata: [libvirt({ disks: [{ path: canary }] })],
    'metadata-outside': [libvirt({ disks: [{ path: '../../canary' }] })],
    ovf: [text('box.ovf', ovf(canary))],
    'backing-file': [sound, img(qcow2({ backing: canary }))],
    'json-backing-file': [sound, img(qcow2({ backing: `json:{"driver":"raw","file":{"driver":"file","filename":"${canary}"}}` }))],
    'data-file': [sound, img(qcow2({ incompatible: 4n, extensions: [{ type: 0x44415441, data: canary }] }))],
    'flat-vmdk': virtualbox(Buffer.from(flat)),
    'extent-in-vmdk': virtualbox(vmdk(dir, (words) => words.replace(/^RW .*$/m, `RW 2048 FLAT "${canary}" 0`))),
    'extents-in-vmdk': virtualbox(vmdk(dir, (words) => words.replace(/^(RW .*)$/m, `$1\nRW 2048 FLAT "${canary}" 0`))),
    'parent-of-vmdk': virtualbox(
      vmdk(dir, (words) => words.replace(/^parentCID=.*$/m, `parentCID=12345678\nparentFileNameHint="${canary}"`)),
    ),
  }
  const files: string[] = []
  const write = (name: string, content: Buffer): void => {
    mkdirSync(join(dir, name))
    files.push(join(dir, name, 'x.box'))
    writeFileSync(join(dir, name, 'x.box'), content)
  }
  for (const [name, members] of Object.entries(boxes)) {
    const archive = tar(...members)
    write(name, archive)
    write(`${name}.packed`, gzipSync(archive))
  }
  execFileSync(
    'sh',
    ['-c', 'ln -s "$1" box.img && echo {} >metadata.json && mkdir zip && zip -q -y zip/x.box metadata.json box.img', '-', canary],
    {
      cwd: dir,
    },
  )
  files.push(join(dir, 'zip/x.box'))
  write('accepted', gzipSync(tar(...virtualbox(vmdk(dir, (words) => words)))))

  const log = join(dir, 'log')
  const said = traced(log, 'node_modules/.bin/vite-node', join(import.meta.dirname, 'obtain.ts'), ...files)
  expect(said.trim().split('\n')).toEqual(files.map((file) => `${file}: ${file.includes('/accepted/') ? 'accepted' : 'image-error'}`))
  const calls = readFileSync(log, 'utf8')
  for (const file of files) expect(calls).toContain(`"${file}"`)
  expect(calls).toMatch(/execve\("[^"]*qemu-img"/)
  expect(calls.split('\n').filter((line) => line.includes('canary') && !line.includes('execve('))).toEqual([])
  expect(readFileSync(canary, 'utf8')).toBe('secret'.repeat(1000))

  // The same eyes see it when qemu-img is let loose on such a disk.
  writeFileSync(join(dir, 'flat.vmdk'), flat)
  traced(log, 'qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', join(dir, 'flat.vmdk'), join(dir, 'out'))
  expect(readFileSync(log, 'utf8')).toContain(`"${canary}"`)
})
