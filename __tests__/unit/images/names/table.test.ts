import { describe, expect, it } from 'vitest'
import { nameSources } from '../../../../src/images/names'
import { publishers } from './harness'
import { sha256, sha512 } from './publishers'
import { table } from './table'

const { identify, server } = publishers()

describe('a name stands for', () => {
  it.each(table)('$name', async ({ name, url, vouched, login, pinned, warns }) => {
    const before = server().asked.length
    const found = await identify(name.replace('ORIGIN', server().origin))
    expect({
      url: found.url?.replace(server().origin, ''),
      vouched: `${found.verified}: ${found.verifiedBy.replace(/signed by \w{4}…\w{4} \(([^)]+)\)/, 'signed by $1')}`,
      login: `${found.loginUser ?? ''}, ${found.provisioning}`,
      pinned: found.image.replace(server().origin, 'ORIGIN'),
      warns: found.warnings,
    }).toEqual({ url, vouched, login, pinned, warns: warns === undefined ? [] : [warns] })

    // Its own digest and no other file's, and nothing of the image was fetched.
    const file = url.split('/').at(-1) ?? ''
    const day = /release-([\d.]+)\//.exec(url)?.[1] ?? ''
    expect([`sha256:${sha256(file)}`, `sha512:${sha512(file)}`, `sha256:${sha256(`${day}${file}`)}`]).toContain(found.digest)
    expect(found.cacheKey).toBe(`image-test-${(found.digest ?? '').replace(':', '-')}`)
    expect(
      server()
        .asked.slice(before)
        .filter(({ path }) => path === url),
    ).toEqual([])
  })

  it.each(table.map(({ pinned }) => pinned))('the same again by its pinned name: %s', async (pinned) => {
    const row = table.find((one) => one.pinned === pinned)
    const found = await identify(pinned.replace('ORIGIN', server().origin))
    expect(found.url).toBe(`${server().origin}${row?.url ?? ''}`)
    expect(found.image.replace(server().origin, 'ORIGIN')).toBe(pinned)
  })

  it('lists each source', () => {
    const shown = new Set(table.map(({ name }) => name.split(':')[0]?.toLowerCase()))
    expect([...shown].sort()).toEqual(nameSources.map(({ name }) => name).sort())
  })

  it('takes another architecture behind a pinned name, as the legs of a matrix do', async () => {
    const { image } = await identify('fedora:latest')
    expect((await identify(`${image}&arch=aarch64`)).url).toMatch(/Fedora-Cloud-Base-Generic-44-1\.7\.aarch64\.qcow2$/)
  })

  it.each([
    [
      'fedora-coreos:stable',
      'Fedora CoreOS signs its images themselves and not their digests, and only a signed digest is looked at',
      'sha256 from stable.json',
    ],
    ['debian:13', 'SHA512SUMS is not signed', 'sha512 from SHA512SUMS'],
    ['fedora:43', 'the digest from releases.json is not signed', 'sha256 from releases.json'],
  ])('%s says why no signature proves it, and what is proven', async (name, why, by) => {
    await expect(identify(name, { verify: 'signature' })).rejects.toMatchObject({
      outcome: 'image-error',
      message: `verify is signature, but ${why}`,
      hint: `With \`verify: checksum\` it is taken for proven by: ${by}. For more, give a \`checksum-file\` that is signed inside, or as FILE.asc, .gpg, .sig or .sign; \`signing-key\` names a key of your own.`,
    })
    expect(await identify(name, { verify: 'checksum' })).toMatchObject({ verified: 'checksum', verifiedBy: by })
  })

  it('takes the architecture of the job', async () => {
    expect((await identify('ubuntu:24.04', { arch: 'aarch64' })).url).toMatch(/arm64\.img$/)
    await expect(identify('ubuntu:24.04?arch=amd64', { arch: 'aarch64' })).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'ubuntu:24.04?arch=amd64 asks for x86_64, but the job for aarch64',
    })
  })
})
