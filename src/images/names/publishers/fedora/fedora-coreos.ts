import { fedoraCoreos } from '../../../distributions/table'
import type { Resolved, Vouched } from '../../../resolved'
import { sourceAt } from '../../source'
import { urlOf } from '../../base-urls'
import { noSuchImage } from '../../choose'
import { wantedFormat } from '../../formats'
import { jsonEntries, record, jsonText, type Json } from '../../json'
import { fetchJsonIfThere, unreadable } from '../../metadata'
import type { Name } from '../../name'
import type { Lookup, NameSource } from '../../name-source'
import { pinnedName } from '../../pinned'

const streams = ['stable', 'testing', 'next']

// fedora-coreos:stable · fedora-coreos:testing · fedora-coreos:next
export const fedoraCoreosNames: NameSource = {
  name: fedoraCoreos.name,
  takes: ['format', 'arch', 'version'],
  example: fedoraCoreos.example,
  resolve: async (name, lookup) => {
    wantedFormat(name, ['qcow2'])
    const stream = name.release.toLowerCase()
    if (!streams.includes(stream)) throw noSuchImage(name.shown, `no stream ${name.release}`, streams)
    const current = await currentImage(name, stream, lookup)
    const { version = current.version } = name.query
    const image = version === current.version ? current : await earlierImage(name, stream, current.version, lookup)
    return {
      source: sourceAt(image.url),
      digests: image.digests,
      checksumFiles: [],
      unsigned: 'Fedora CoreOS signs its images themselves and not their digests, and only a signed digest is looked at',
      loginUser: fedoraCoreos.user,
      provisioning: 'ignition',
      format: 'qcow2',
      version: image.version,
      pinned: pinnedName(name, stream, image.version),
    } satisfies Resolved
  },
}

interface Image {
  readonly url: URL
  readonly version: string
  readonly digests: readonly Vouched[]
}

// The one that the stream has now.
const currentImage = async (name: Name, stream: string, lookup: Lookup): Promise<Image> => {
  const list = urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COREOS', 'streams', `${stream}.json`)
  const found = await fetchJsonIfThere(list, lookup)
  if (found === undefined) throw noSuchImage(name.shown, `no stream ${stream}`, [])
  const arches = record(record(found.json)['architectures'])
  if (arches[lookup.arch] === undefined) throw noSuchImage(name.shown, `no image for ${lookup.arch}`, Object.keys(arches))
  const qemu = record(record(record(arches[lookup.arch])['artifacts'])['qemu'])
  const version = jsonText(qemu['release'])
  const [disk] = jsonEntries(qemu['formats']).flatMap(([format, value]) =>
    /^qcow2(\.|$)/.test(format) ? [record(record(value)['disk'])] : [],
  )
  const location = jsonText(disk?.['location'])
  if (disk === undefined || version === undefined || location === undefined || !URL.canParse(location)) throw unreadable(list)
  // The list names the publisher's own server; a mirror has the same paths.
  const { pathname } = new URL(location)
  return {
    url: urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COREOS', pathname.slice(1)),
    version,
    digests: digestsOf(disk, `${stream}.json`, found.trusted),
  }
}

// Earlier ones stay where they were, with a description of their own.
const earlierImage = async (name: Name, stream: string, current: string, lookup: Lookup): Promise<Image> => {
  const version = name.query.version ?? ''
  const missing = () => noSuchImage(name.shown, `no version ${version} for ${lookup.arch}`, [current])
  if (!/^[\d.]+$/.test(version)) throw missing()
  const folder = ['prod/streams', stream, 'builds', version, lookup.arch]
  // They lie in a bucket, of which the list of the stream could be read.
  const found = await fetchJsonIfThere(urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COREOS', ...folder, 'meta.json'), lookup, {
    forbidden: 'missing',
  })
  const qemu = record(record(record(found?.json)['images'])['qemu'])
  const path = jsonText(qemu['path'])
  if (found === undefined || path === undefined) throw missing()
  return {
    url: urlOf(lookup.env, 'IMAGE_TEST_FEDORA_COREOS', ...folder, path),
    version,
    digests: digestsOf(qemu, 'meta.json', found.trusted),
  }
}

const digestsOf = ({ sha256 }: Json, file: string, trusted: boolean): readonly Vouched[] => {
  const hex = jsonText(sha256)
  return hex === undefined ? [] : [{ algorithm: 'sha256', hex: hex.toLowerCase(), from: `from ${file}`, trusted }]
}
