// Vagrant boxes, as they are published, from the first byte to the verdict.
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensurePackages, missingPrograms } from '../../src/host/packages'
import { guest } from '../guests'
import { startServer } from '../support/server'
import { home, runCli } from './cli'
import { explain } from './passes'

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const inBox = `
tests:
  - { name: the user of every box, run: id -un, expect: { stdout: vagrant } }
  - { name: may become root, run: id -un, sudo: true, expect: { stdout: root } }
  - { name: nothing was seeded, run: '! findfs LABEL=cidata' }
  - reboot: true
  - { name: the way in is still the same, run: id -un, expect: { stdout: vagrant } }
`

it('boots a box for libvirt, lets itself in with the well-known keys, and seeds nothing', async () => {
  const box = await guest('tiny-box')
  const ran = await runCli(['--memory', '512M', '--image', box], inBox)
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  const [machine] = ran.result.machines
  expect(machine?.seed).toEqual([])
  expect(machine?.image).toMatchObject({
    fetchedSha256: sha256(box),
    format: 'qcow2',
    unchanged: true,
    box: { provider: 'libvirt', info: { author: 'image-test' } },
  })
  expect(ran.result.warnings).toEqual([
    'the machine has 512 MiB of memory; at least 1 GiB is recommended for a box',
    expect.stringMatching(/host key of its own, which is known only from the first connection: SHA256:\S{43}$/),
  ])
  expect(ran.left).toEqual([])
  expect(ran.peakMegabytes).toBeLessThan(150)
})

// OpenSSH, unlike tiny's dropbear, takes no signature of an RSA key with SHA-1 any more.
it('lets itself into a box of Debian with OpenSSH', async () => {
  const ran = await runCli([
    '--memory',
    '1G',
    '--image',
    await guest('debian-box'),
    '--commands',
    'test "$(id -un)" = vagrant\nsudo sshd -t',
  ])
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  expect(ran.result.findings).toEqual([])
  expect(ran.left).toEqual([])
})

it('boots a box for VirtualBox from a URL, on IDE as it asks, and says that this was not VirtualBox', async () => {
  const server = await startServer()
  const url = server.put('/tiny.box', { content: { file: await guest('tiny-vmdk-box') } })
  const ran = await runCli(['--memory', '1G', '--image', url, '--commands', 'test -e /sys/block/sda/sda2'])
  await server.close()
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  expect(ran.result.machines[0]?.image).toMatchObject({ format: 'qcow2', unchanged: true, box: { provider: 'virtualbox' } })
  expect(ran.result.warnings[0]).toBe(
    'the disk of this box for VirtualBox was converted to qcow2 and is tested on QEMU, not on VirtualBox itself',
  )
  expect(readFileSync(join(ran.reportDir, 'summary.md'), 'utf8')).toContain('not on VirtualBox itself')
  expect(ran.left).toEqual([])
})

describe('a box that trusts no well-known key', () => {
  it('lets in by its password, and a host key that changes with a reboot is told', async () => {
    const ran = await runCli(['--memory', '1G', '--image', await guest('tiny-own-box')], inBox)
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(ran.result.warnings).toEqual([
      expect.stringMatching(/host key of its own, which is known only from the first connection: SHA256:\S{43}$/),
      expect.stringMatching(/^the host key of the box changed with a reboot: it is SHA256:\S{43} now$/),
    ])
    expect(ran.left).toEqual([])
  })

  it('lets in by the private key that it brings', async () => {
    const folder = home()
    const unpacked = join(folder, 'unpacked')
    mkdirSync(unpacked)
    execFileSync('tar', ['-x', '-f', await guest('tiny-own-box'), '-C', unpacked])
    writeFileSync(join(unpacked, 'vagrant_private_key'), ownKey())
    const settings = [
      'config.ssh.private_key_path = File.expand_path("../vagrant_private_key", __FILE__)',
      'config.ssh.password = "another"', // so that it was the key
    ]
    writeFileSync(join(unpacked, 'Vagrantfile'), ['Vagrant.configure("2") do |config|', ...settings, 'end', ''].join('\n'))
    execFileSync('tar', ['-c', '-z', '-f', join(folder, 'own.box'), '-C', unpacked, '.'])
    const ran = await runCli(['--memory', '1G', '--image', 'own.box', '--commands', 'test "$(id -un)" = vagrant'], undefined, folder)
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(readFileSync(join(ran.reportDir, 'results.json'), 'utf8')).not.toContain('PRIVATE KEY')
  })
})

// Its public half is in the recipe of the disk.
const ownKey = (): string => {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 'image-test')])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString()
}

it('boots a box that is not packed from where it lies, without a copy of its disk', async () => {
  const folder = home()
  const unpacked = join(folder, 'unpacked')
  mkdirSync(unpacked)
  execFileSync('tar', ['-x', '-f', await guest('tiny-box'), '-C', unpacked])
  execFileSync('tar', ['-c', '-f', join(folder, 'tiny.box'), '-C', unpacked, '.'])
  const ran = await runCli(['--memory', '1G', '--image', 'tiny.box', '--commands', 'id -un'], undefined, folder)
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  expect(ran.result.machines[0]?.image).toMatchObject({ sha256: sha256(join(unpacked, 'box.img')), unchanged: true })
  const file = { driver: 'file', filename: '/dev/fdset/5', 'read-only': true }
  const argv = ran.result.machines[0]?.argv?.join(' ') ?? ''
  expect(argv).toMatch(
    /"backing":\{"driver":"qcow2","node-name":"base0","read-only":true,"file":\{"driver":"raw","read-only":true,"offset":\d+,"size":\d+,/,
  )
  expect(argv).toContain(`"file":${JSON.stringify(file)}`)
  expect(argv).toContain(`opaque=${join(folder, 'tiny.box')}`)
})

it('tests what Vagrant itself takes for a box', async () => {
  await ensurePackages({
    missing: () => missingPrograms(['vagrant', 'bsdtar']),
    packages: ['vagrant', 'libarchive-tools'],
    elsewhere: 'Install Vagrant first.',
    signal: new AbortController().signal,
    timeoutMs: 10 * 60_000,
  })
  const folder = home()
  const env = { ...process.env, VAGRANT_HOME: folder, VAGRANT_CHECKPOINT_DISABLE: '1', HOME: folder }
  execFileSync('vagrant', ['box', 'add', '--provider', 'libvirt', '--name', 'tiny', await guest('tiny-box')], { env, stdio: 'pipe' })
  expect(execFileSync('vagrant', ['box', 'list'], { env, encoding: 'utf8' })).toMatch(/^tiny +\(libvirt, 0/)
  expect(readdirSync(join(folder, 'boxes/tiny/0/libvirt')).sort()).toEqual(['Vagrantfile', 'box.img', 'info.json', 'metadata.json'])
})
