import { centosStream, fedora } from '../../../distributions/table'
import type { Resolved } from '../../../resolved'
import { JobError } from '../../../../errors'
import { sourceAt } from '../../source'
import { withoutLogin } from '../../../../fetch/url-login'
import { urlOf } from '../../base-urls'
import { choose, noSuchImage } from '../../choose'
import { fedoraChecksumFiles } from './checksum-files'
import { access, formats, wantedFormat } from '../../formats'
import type { Name } from '../../name'
import type { Lookup, NameSource } from '../../name-source'
import { composesBeside, readCompose, type Compose, type ComposeImage } from './productmd'

// compose:Fedora-Rawhide-20260801.n.0 · compose:https://HOST/PATH/OF/A/COMPOSE
export const compose: NameSource = {
  name: 'compose',
  takes: ['variant', 'format', 'arch', 'provider'],
  example: 'compose:Fedora-Rawhide-20260801.n.0',
  resolve: async (name, lookup) => {
    const { compose: found, variant, ...resolved } = await composed(name, baseOf(name, lookup), lookup)
    const { format, provider, arch } = name.query
    const query = Object.entries({ variant, format, provider, arch }).filter(([, value]) => value !== undefined)
    const place = /^https?:\/\//i.test(name.release) ? withoutLogin(new URL(found.folder.replace(/\/compose$/, ''))).href : found.id
    const pinned = `compose:${place}?${query.map(([key, value]) => `${key}=${value ?? ''}`).join('&')}`
    return { ...resolved, version: found.id, pinned }
  },
}

const baseOf = ({ release, shown }: Name, { env }: Lookup): string => {
  if (/^https?:\/\//i.test(release) && URL.canParse(release)) return release
  const id = release.replace(/^latest-/, '')
  const folder = kinds.map(([pattern, kind]) => (pattern.test(id) ? id.replace(pattern, kind).toLowerCase() : undefined)).find(Boolean)
  if (folder === undefined) {
    throw new JobError('config-error', `${shown} is no compose that is known`, {
      hint: 'Give an id such as Fedora-Rawhide-20260801.n.0, Fedora-45-20260801.n.0 or Fedora-Cloud-44-20260801.0, or the address of its folder.',
    })
  }
  return urlOf(env, 'IMAGE_TEST_FEDORA_COMPOSES', folder, release).href
}

// Where a compose lies is told by its id.
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^Fedora-Rawhide\b.*/, 'rawhide'],
  [/^Fedora-\d+(-\d{8}\.n\.\d+)?$/, 'branched'],
  [/^Fedora-(\d+)-\d{8}\.\d+$/, '$1'],
  [/^Fedora-(Cloud|Container|IoT)-.*/, '$1'],
]

interface Composed extends Resolved {
  readonly compose: Compose
  readonly variant: string // by which the same image is found again
}

// The image of a compose that a name chooses.
export const composed = async (name: Name, base: string, lookup: Lookup): Promise<Composed> => {
  const format = wantedFormat(name, formats)
  const found = await readCompose(base, lookup)
  if (found === undefined) throw noCompose(name, await composesBeside(base, lookup))
  const variant = name.query.variant ?? usualVariant(found, lookup.arch, format)
  const image = choose(found.images, { variant, arch: lookup.arch, format }, name.shown)
  const url = new URL(`${found.folder}/${image.path}`)
  const user = /^(Fedora|CentOS)/i.exec(found.id)?.[0].toLowerCase() === 'centos' ? centosStream.user : fedora.user
  return {
    compose: found,
    variant,
    source: sourceAt(url),
    digests: image.digests,
    checksumFiles: await checksumFiles(found, image, url, lookup),
    ...access(format, user),
    format,
  }
}

// A version of fedora: is the id without the product.
const noCompose = ({ shown, query: { version } }: Name, ids: readonly string[]): JobError =>
  version === undefined
    ? noSuchImage(shown, 'no compose with metadata/images.json at that place', ids)
    : noSuchImage(
        shown,
        `no version ${version}`,
        ids.map((id) => id.replace(/^Fedora-/, '')),
      )

// Composes of others call their images otherwise. What is the only one can be meant without a name.
const usualVariant = ({ images }: Compose, arch: string, format: string): string => {
  if (images.some(({ variants }) => variants.includes('Cloud_Base'))) return 'Cloud_Base'
  const fitting = images.filter((image) => image.arch === arch && image.format === format)
  return (fitting.length === 1 ? fitting[0]?.variants[0] : undefined) ?? 'Cloud_Base'
}

const checksumFiles = ({ id }: Compose, { arch, path }: ComposeImage, url: URL, lookup: Lookup) => {
  const version = id.replace(/^Fedora-(Cloud-)?/, '')
  return fedoraChecksumFiles(new URL('.', url), { variant: path.split('/')[0] ?? 'Cloud', arch, version }, lookup)
}
