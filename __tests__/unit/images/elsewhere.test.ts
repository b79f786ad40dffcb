// What a job file of a stranger's may learn or use of what lies on the machine outside of the checkout.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../../src/config/job'
import { folder, obtain, rawDisk } from '../../support/make'

const disk = rawDisk(64 * 1024)
const sums = `${createHash('sha256').update(disk).digest('hex')}  disk.raw\n`

const checkoutIn = (): { readonly root: string; readonly checkout: string } => {
  const root = folder()
  const checkout = join(root, 'checkout')
  mkdirSync(checkout)
  writeFileSync(join(checkout, 'disk.raw'), disk)
  return { root, checkout }
}

const refusal = (checkout: string, request: Partial<ImageRequest>, source = 'disk.raw') =>
  obtain(source, { cwd: checkout, request, limits: { besideMs: 5000 } }).then(
    ({ facts }) => facts.verifiedBy,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

describe('a link in the checkout that leads out of it', () => {
  it.each([
    ['a checksum file', { checksumFile: 'named' }],
    ['a signing key', { signingKey: 'named', verify: 'signature' }],
    ['a checksum file in a linked folder', { checksumFile: 'folder/.netrc' }],
  ] as const)('is not followed to %s, and whether there is something is not told', async (_, request) => {
    const { root, checkout } = checkoutIn()
    writeFileSync(join(root, '.netrc'), sums)
    symlinkSync('../.netrc', join(checkout, 'named'))
    symlinkSync('..', join(checkout, 'folder'))
    const told = await refusal(checkout, request)
    expect(told).toMatch(/^(named|\.netrc) is a link that leads out of the checkout, or nowhere$/)
    rmSync(join(root, '.netrc'))
    expect(await refusal(checkout, request)).toBe(told)
  })

  it('is not followed to a signature of the checksum file, nor to checksums beside the image', async () => {
    const { root, checkout } = checkoutIn()
    writeFileSync(join(root, 'SUMS'), sums)
    symlinkSync('../SUMS', join(checkout, 'SHA256SUMS'))
    expect(await refusal(checkout, {})).not.toContain('SHA256SUMS, which lies beside')
    rmSync(join(checkout, 'SHA256SUMS'))
    writeFileSync(join(checkout, 'SHA256SUMS'), sums)
    expect(await refusal(checkout, {})).toBe('sha256 from SHA256SUMS, which lies beside the image')
    symlinkSync('../SUMS', join(checkout, 'SHA256SUMS.asc'))
    expect(await refusal(checkout, { checksumFile: 'SHA256SUMS', verify: 'signature' })).toContain(
      'SHA256SUMS.asc is a link that leads out',
    )
  })
})

describe('a folder outside of the checkout', () => {
  it.each(['../home/nothing', '../home', 'home/nothing', '../home/*', '../home/deep/*.raw'])(
    'tells none of its names but those of images: %s',
    async (source) => {
      const { root, checkout } = checkoutIn()
      mkdirSync(join(root, 'home'))
      symlinkSync('../home', join(checkout, 'home'))
      for (const name of ['id_rsa', 'customers.sql', 'a.qcow2', 'b.raw']) writeFileSync(join(root, 'home', name), 'x')
      const told = await refusal(checkout, {}, source)
      expect(told).not.toMatch(/id_rsa|customers/)
      expect(told).toMatch(/[ab]\.(qcow2|raw)/)
    },
  )
})

it('names the folder that was given for an image', async () => {
  const { checkout } = checkoutIn()
  mkdirSync(join(checkout, 'build'))
  writeFileSync(join(checkout, 'build/a.qcow2'), 'x')
  expect(await refusal(checkout, {}, 'build')).toBe('build is a folder, not an image; in build there is: a.qcow2')
})
