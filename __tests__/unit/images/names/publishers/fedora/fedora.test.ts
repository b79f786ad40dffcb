// What becomes of Fedora's names as releases come and go.
import { describe, expect, it } from 'vitest'
import { publishers } from '../../harness'
import { apacheListing } from '../../listings'
import { cloudFiles, fedoraRows } from '../../publishers'
import { table } from '../../table'

const { identify, server, published } = publishers()

const inEnv = (more: Readonly<Record<string, string>>) => ({ env: { ...published().env, ...more } })

// As if 45 and 46 were out, and 44 had ended.
const later = () => {
  const rows = [...fedoraRows('46', '46', '46-1.4'), ...fedoraRows('45', '45', '45-1.5')]
  for (const arch of ['x86_64', 'aarch64']) {
    server().put(`/later/releases/44/Cloud/${arch}/images/`, apacheListing(cloudFiles('44-1.7', arch)))
    const guest = [`Fedora-Server-Guest-Generic-44-1.7.${arch}.qcow2`, `Fedora-Server-Host-Generic-44-1.7.${arch}.raw.xz`]
    server().put(`/later/releases/44/Server/${arch}/images/`, apacheListing(guest))
  }
  server().put(
    '/later/releases/39/Server/x86_64/images/',
    apacheListing(['Fedora-Server-39-1.5.x86_64.raw.xz', 'Fedora-Server-KVM-39-1.5.x86_64.qcow2']),
  )
  return inEnv({
    IMAGE_TEST_FEDORA_RELEASES: server().put('/later/releases.json', JSON.stringify(rows)),
    IMAGE_TEST_FEDORA_ARCHIVE: `${server().origin}/later`,
  })
}

const fileOf = (url: string | undefined): string | undefined => url?.split('/').at(-1)

describe('fedora:branched', () => {
  const branched = async (...folders: readonly string[]) => {
    server().put('/branched/branched/', apacheListing(folders.map((folder) => `${folder}/`)))
    server().put('/branched/rawhide/latest-Fedora-Rawhide/COMPOSE_ID', 'Fedora-Rawhide-20260801.n.0')
    for (const compose of ['rawhide/Fedora-Rawhide-20260801.n.0', ...folders.map((folder) => `branched/${folder}`)]) {
      const id = compose.split('/').at(-1) ?? ''
      const path = 'Cloud/x86_64/images/one.qcow2'
      const images = { Cloud: { x86_64: [{ arch: 'x86_64', path, subvariant: 'Cloud_Base', type: 'qcow2' }] } }
      server().put(`/branched/${compose}/compose/metadata/images.json`, JSON.stringify({ payload: { compose: { id }, images } }))
    }
    const { env } = later()
    const { url = '', warnings } = await identify(
      'fedora:branched',
      {},
      { env: { ...env, IMAGE_TEST_FEDORA_COMPOSES: `${server().origin}/branched` } },
    )
    return { compose: url.split('/').at(-6), warnings: warnings.filter((text) => text.includes('branched')) }
  }

  it('is rawhide once all that are branched are out, though composes of those that have ended lie there yet', async () => {
    expect(await branched('latest-Fedora-44', 'latest-Fedora-45', 'latest-Fedora-46')).toEqual({
      compose: 'Fedora-Rawhide-20260801.n.0',
      warnings: ['fedora:branched: no release is branched at the moment; rawhide is taken in its place'],
    })
  })

  it('is the one that is newer than all that are out', async () => {
    expect(await branched('latest-Fedora-44', 'latest-Fedora-46', 'latest-Fedora-47')).toEqual({
      compose: 'latest-Fedora-47',
      warnings: [],
    })
  })
})

describe('a release that has ended', () => {
  const names = table.filter(({ name }) => /^fedora:44\b/i.test(name))

  it.each(names)('is found in the archive by the names that it had: $name', async ({ name, pinned, url }) => {
    for (const one of [name, pinned]) {
      const found = await identify(one, {}, later())
      expect([found.url, found.image]).toEqual([`${server().origin}${url.replace('/download/', '/later/')}`, pinned])
    }
  })

  it.each([
    ['fedora:44?variant=CLOUD-BASE', 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'],
    ['fedora:44?variant=cloud', 'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2'],
    ['fedora:44?variant=server-guest', 'Fedora-Server-Guest-Generic-44-1.7.x86_64.qcow2'],
    ['fedora:44?variant=Server&arch=aarch64', 'Fedora-Server-Guest-Generic-44-1.7.aarch64.qcow2'],
    ['fedora:44?variant=Server&format=raw&arch=aarch64', 'Fedora-Server-Host-Generic-44-1.7.aarch64.raw.xz'],
    ['fedora:39?variant=server_kvm', 'Fedora-Server-KVM-39-1.5.x86_64.qcow2'],
    ['fedora:39?variant=Server&format=raw', 'Fedora-Server-39-1.5.x86_64.raw.xz'],
  ])('has variants, however they are spelled: %s', async (name, file) => {
    expect(fileOf((await identify(name, {}, later())).url)).toBe(file)
  })

  it.each([
    ['fedora:39', 'there is no image of the variant Cloud_Base; there is: Server, Server_KVM'],
    ['fedora:39?variant=Server_KVM&arch=aarch64', 'there is no image for aarch64; there is: x86_64'],
    ['fedora:44?variant=Server_Guest&format=raw', 'there is no image in the format raw; there is: qcow2'],
    ['fedora:44?variant=Workstation', 'there is no image of the variant Workstation; there is: AmazonEC2, Cloud_Base, Cloud_Base_UKI'],
    ['fedora:38', 'fedora:38: there is no Fedora 38; there is: 46, 45, branched, latest, rawhide'],
  ])('of which that is missing says what there is: %s', async (name, message) => {
    await expect(identify(name, {}, later())).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining(message) as string,
    })
  })
})
