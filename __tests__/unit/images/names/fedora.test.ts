// What becomes of Fedora's names as releases come and go.
import { describe, expect, it } from 'vitest'
import { publishers } from './harness'
import { apacheListing } from './listings'
import { fedoraRows } from './publishers'

const { identify, server, published } = publishers()

const inEnv = (more: Readonly<Record<string, string>>) => ({ env: { ...published().env, ...more } })

// As if 45 and 46 were out.
const later = () => {
  const rows = [...fedoraRows('46', '46', '46-1.4'), ...fedoraRows('45', '45', '45-1.5')]
  return inEnv({
    IMAGE_TEST_FEDORA_RELEASES: server().put('/later/releases.json', JSON.stringify(rows)),
  })
}

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
