import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveOutputs } from '../../../src/config/fields/resolve'
import { toJobError } from '../../../src/errors'
import { renderIdentity, resolveAction, resolveFromInputs } from '../../../src/commands/resolve'
import { pairs } from '../../e2e/runner'
import { certificate } from '../../support/certificate'
import { startServer, type TestServer } from '../../support/server'

const file = 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'
const hex = '28680fe5b371a5a82ebf43a31926e086a168e59949d03969c5093e7071f90b7f'
const link = `https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/${file}`

let server: TestServer
let dir: string
let env: Record<string, string>
beforeEach(async () => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  server = await startServer({ tls })
  dir = mkdtempSync(join(tmpdir(), 'resolve-test-'))
  const row = { version: '44', arch: 'x86_64', link, variant: 'Cloud', subvariant: 'Cloud_Base', sha256: hex, size: '583729152' }
  env = {
    RUNNER_TEMP: dir,
    GITHUB_OUTPUT: join(dir, 'outputs'),
    IMAGE_TEST_FEDORA_RELEASES: server.put('/releases.json', JSON.stringify([row])),
    IMAGE_TEST_FEDORA_MASTER: server.origin,
    IMAGE_TEST_FEDORA_COMPOSES: `${server.origin}/compose`,
    IMAGE_TEST_FEDORA_DOWNLOAD: `${server.origin}/pub`,
  }
  writeFileSync(join(dir, 'outputs'), '')
  vi.stubEnv('GITHUB_OUTPUT', join(dir, 'outputs')) // @actions/core reads no other
})
afterEach(async () => {
  vi.unstubAllEnvs()
  delete https.globalAgent.options.ca
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

const request = (inputs: Record<string, string>) => ({ inputs, env, cwd: dir, signal: new AbortController().signal })
const log = () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text), on: () => stream } as unknown as NodeJS.WriteStream
  return { stream, text: () => written.join('') }
}

describe('resolve', () => {
  it('tells everything that is known of an image, and leaves nothing behind', async () => {
    const identity = await resolveFromInputs(request({ image: 'fedora:latest' }), () => undefined)
    expect(renderIdentity(identity).split('\n')).toEqual([
      'image         fedora:44?version=44-1.7',
      `url           ${server.origin}/pub/releases/44/Cloud/x86_64/images/${file}`,
      `digest        sha256:${hex}`,
      'verified      checksum',
      'verified-by   sha256 from releases.json',
      `cache-key     image-test-sha256-${hex}`,
      'login-user    fedora',
      'version       44-1.7',
      'format        qcow2',
      'arch          x86_64',
    ])
    expect(readdirSync(join(dir, 'image-test'))).toEqual([])
    expect(server.asked.map(({ path }) => path).filter((path) => path.endsWith('.qcow2'))).toEqual([])
  })

  it('tells of an address what can be told', async () => {
    const url = server.put(`/own/${file}`, 'not fetched').replace('https://', 'https://me:hunter2@')
    server.put(`/own/${file}.sha256`, `${hex}  ${file}\n`)
    const identity = await resolveFromInputs(request({ image: url }), () => undefined)
    expect(identity).toMatchObject({
      image: `${server.origin}/own/${file}`,
      url: `${server.origin}/own/${file}`,
      digest: `sha256:${hex}`,
      verified: 'checksum',
      verifiedBy: `sha256 from ${file}.sha256`,
      loginUser: 'fedora',
    })
    expect(JSON.stringify(identity)).not.toContain('hunter2')
  })

  it('hands on an address with its query, but shows that nowhere', async () => {
    const url = `${server.put('/img/disk.raw', 'not fetched')}?id=5&sig=s3cr3t`
    const identity = await resolveFromInputs(request({ image: `${url}#top` }), () => undefined)
    expect(identity).toMatchObject({ image: url, url: `${server.origin}/img/disk.raw` })
    expect(renderIdentity(identity)).toContain(`image         ${server.origin}/img/disk.raw?…\n`)
    expect(renderIdentity(identity)).not.toContain('s3cr3t')
  })

  it.each([
    ['an address', '/img/disk.raw?id=5', '/img/disk.raw?id=5'],
    ['a compose', '/compose/x/latest-X', '/compose/x/X-20260901.0?variant=Cloud_Base', 'compose:'],
    ['a catalog', '/box.json', '/box.json?version=1.0&provider=libvirt', 'vagrant:'],
  ])('hands on %s without its login, and says so', async (_name, path, pinned, prefix = '') => {
    server.put('/compose/x/latest-X/COMPOSE_ID', 'X-20260901.0')
    const image = { arch: 'x86_64', path: 'one.qcow2', subvariant: 'Cloud_Base', type: 'qcow2' }
    const payload = { compose: { id: 'X-20260901.0' }, images: { Cloud: { x86_64: [image] } } }
    server.put('/compose/x/X-20260901.0/compose/metadata/images.json', JSON.stringify({ payload }))
    server.put('/box.json', JSON.stringify({ versions: [{ version: '1.0', providers: [{ name: 'libvirt', url: 'one.box' }] }] }))
    for (const login of ['me:hunter2@', 'hunter2@']) {
      const warnings: string[] = []
      const asked = `${prefix}${server.origin.replace('://', `://${login}`)}${path}`
      const identity = await resolveFromInputs(request({ image: asked }), (text) => warnings.push(text))
      expect(identity.image).toBe(`${prefix}${server.origin}${pinned}`)
      expect(JSON.stringify(identity)).not.toContain('hunter2')
      expect(warnings).toEqual([
        'the login in the address is not in the output `image`: give it to the steps that use that as IMAGE_TEST_AUTH, or by .netrc',
      ])
    }
  })

  it('hands on nothing that holds a secret, rather than another address', async () => {
    env['IMAGE_TEST_AUTH'] = 'hunter2'
    const warnings: string[] = []
    const identity = await resolveFromInputs(request({ image: `${server.origin}/disk.raw?token=hunter2` }), (text) => warnings.push(text))
    expect(identity).toMatchObject({ image: '', url: `${server.origin}/disk.raw` })
    expect(warnings).toEqual(['the output `image` is empty, since a secret is in it: give the steps that would use it the address itself'])
    expect(renderIdentity(identity)).not.toMatch(/^image/m)
  })

  it('says nothing of a digest that nobody tells', async () => {
    writeFileSync(join(dir, 'disk.raw'), 'x')
    const identity = await resolveFromInputs(request({ image: 'disk.raw' }), () => undefined)
    expect(identity).toEqual({
      image: 'disk.raw',
      verified: 'none',
      verifiedBy: 'nothing: no checksum was given, and there is none beside the image',
      provisioning: 'unknown',
    })
  })

  it('needs an image, and inputs that are right', async () => {
    await expect(resolveFromInputs(request({}), () => undefined)).rejects.toMatchObject({
      outcome: 'config-error',
      message: 'no image is given: set the input `image`',
    })
    await expect(resolveFromInputs(request({ image: 'fedora:44', verify: 'maybe' }), () => undefined)).rejects.toThrow('input verify')
  })

  it('never tells a secret', async () => {
    env['IMAGE_TEST_AUTH'] = 'hunter2'
    const thrown: unknown = await resolveFromInputs(request({ image: 'fedora:hunter2' }), () => undefined).catch((error: unknown) => error)
    expect(toJobError(thrown).message).toMatch(/^fedora:\*\*\*: there is no Fedora \*\*\*; there is: 44/)
  })
})

describe('the action resolve', () => {
  it('writes every output that its action.yml names', async () => {
    const { stream, text } = log()
    expect(await resolveAction(request({ image: 'fedora:44', checksum: '' }), stream)).toBe(true)
    const outputs = pairs(readFileSync(join(dir, 'outputs'), 'utf8'))
    expect(Object.keys(outputs)).toEqual(Object.keys(resolveOutputs))
    expect(outputs).toEqual({
      image: 'fedora:44?version=44-1.7',
      url: `${server.origin}/pub/releases/44/Cloud/x86_64/images/${file}`,
      digest: `sha256:${hex}`,
      verified: 'checksum',
      'verified-by': 'sha256 from releases.json',
      'cache-key': `image-test-sha256-${hex}`,
      'login-user': 'fedora',
      version: '44-1.7',
      format: 'qcow2',
      arch: 'x86_64',
    })
    expect(text()).toContain(`digest        sha256:${hex}\n`)
  })

  it('ends with an annotation when there is no such image, and masks what is secret', async () => {
    env['IMAGE_TEST_AUTH'] = 'me:hunter2'
    const { stream, text } = log()
    expect(await resolveAction(request({ image: 'fedora:99' }), stream)).toBe(false)
    expect(text()).toContain('::add-mask::hunter2\n')
    expect(text()).toContain(
      '::error title=image-test resolve%3A image-error::fedora:99: there is no Fedora 99; there is: 44, branched, latest, rawhide%0AChoose one of these',
    )
    expect(readFileSync(join(dir, 'outputs'), 'utf8')).toBe('')
  })
})
