import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { libvirt, ovf, text, vagrantfile } from '../boxes/make-box'
import { folder, obtaining, qcow2, qemuImg, rawDisk } from '../../../support/make'
import { tar, type Entry } from '../../../support/make-tar'
import { withCache } from './with-cache'

const given = withCache()
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const first = qcow2()
const second = qcow2({ virtualBytes: 32 * 1024 * 1024 })

const published = (...members: readonly Entry[]) => {
  const content = gzipSync(tar(...members), { level: 1 })
  const url = given.server.put('/x.box', { content })
  const entry = join(given.cacheDir, `sha256-${sha256(content)}`)
  const job = async () => {
    const cache = { dir: given.cacheDir, maxBytes: 1024 ** 3 }
    const { disks, warnings } = obtaining(url, { request: { checksum: sha256(content) }, cache })
    return { ...(await disks), warnings }
  }
  return { entry, job, fetches: () => given.server.asked.length }
}

const twoDisks = () =>
  published(
    libvirt({ disks: [{ path: 'one.img' }, { path: 'two.img' }] }),
    text('Vagrantfile', vagrantfile('config.ssh.username = "core"')),
    text('info.json', { author: 'me' }),
    { name: 'one.img', content: first },
    { name: 'two.img', content: second },
  )

it('is kept with all its disks and what it says of itself', async () => {
  const { entry, job, fetches } = twoDisks()
  const fetched = await job()
  const again = await job()
  expect(readdirSync(entry)).toEqual(['disk', 'disk1', 'entry.json'])
  expect(again.disks).toMatchObject([
    { path: join(entry, 'disk'), format: 'qcow2', virtualBytes: 16 * 1024 * 1024 },
    { path: join(entry, 'disk1'), format: 'qcow2', virtualBytes: 32 * 1024 * 1024 },
  ])
  expect(fetched.disks.map(({ path }) => path)).toEqual(again.disks.map(({ path }) => path))
  expect(fetched.box).toEqual(again.box)
  expect(again.box).toEqual({ user: 'core', password: 'vagrant' })
  expect(again.facts).toEqual({ ...fetched.facts, cached: true })
  expect(again.facts.box).toEqual({ provider: 'libvirt', info: { author: 'me' } })
  expect(await again.proof()).toEqual({ sha256: sha256(first), unchanged: true })
  expect([fetched.warnings, again.warnings, fetches()]).toEqual([[], [], 1])
})

it('is converted once when it is for VirtualBox', async () => {
  const dir = folder()
  writeFileSync(join(dir, 'raw'), rawDisk(1024 * 1024))
  qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', join(dir, 'raw'), join(dir, 'box.vmdk'))
  const { entry, job } = published(text('metadata.json', { provider: 'virtualbox' }), text('box.ovf', ovf('box.vmdk')), {
    name: 'box.vmdk',
    content: readFileSync(join(dir, 'box.vmdk')),
  })
  const fetched = await job()
  const again = await job()
  expect(again.facts).toEqual({ ...fetched.facts, cached: true, sha256: sha256(readFileSync(join(entry, 'disk'))) })
  expect(again.disks).toMatchObject([{ path: join(entry, 'disk'), format: 'qcow2', virtualBytes: 1024 * 1024 }])
  expect(again.warnings).toEqual([expect.stringContaining('not on VirtualBox itself')])
})

it('is fetched again when its second disk is damaged', async () => {
  const { entry, job, fetches } = twoDisks()
  await job()
  truncateSync(join(entry, 'disk1'), 1024)
  const { warnings, facts } = await job()
  expect(warnings[0]).toMatch(/^x.box in the cache is damaged: it has 1 KiB and not /)
  expect(facts.cached).toBeUndefined()
  expect(readFileSync(join(entry, 'disk1')).equals(second)).toBe(true)
  expect(fetches()).toBe(2)
})

it.each([
  [
    'cannot be understood',
    (text: string) => text.replace(/"metadata.json": ".*"/, '"metadata.json": "{"'),
    'its record cannot be understood: ',
  ],
  ['holds no texts', (text: string) => text.replace(/"info.json": ".*"/, '"info.json": 1'), 'its record is missing or cannot be read'],
])('is fetched again when its record %s', async (_name, change, why) => {
  const { entry, job, fetches } = twoDisks()
  await job()
  const record = join(entry, 'entry.json')
  const sound = readFileSync(record, 'utf8')
  writeFileSync(record, change(sound))
  expect(readFileSync(record, 'utf8')).not.toBe(sound)
  const { warnings, facts } = await job()
  expect(warnings[0]).toContain(`x.box in the cache is damaged: ${why}`)
  expect([facts.cached, fetches()]).toEqual([undefined, 2])
  expect((await job()).facts.cached).toBe(true)
})
