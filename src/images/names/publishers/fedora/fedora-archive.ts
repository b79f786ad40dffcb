import { composeOfFile, variantsOfArchived } from '../../../distributions/fedora-files'
import { urlOf } from '../../base-urls'
import type { Candidate } from '../../choose'
import { formatOfFile } from '../../formats'
import { listFolder } from '../../listing'
import type { Lookup } from '../../name-source'

// An image of a release that has ended.
export interface Archived extends Candidate {
  readonly folder: URL
}

const places = ['Cloud', 'Server'].flatMap((product) => ['x86_64', 'aarch64'].map((arch) => ({ product, arch })))

// The images among which a name chooses. Nothing lists those of a release that has ended but the folders they lie in, one for a product and an
// architecture. When that has none, those in the other folders are told, since they are what there is. Empty: there is no such release.
export const archivedImages = async (release: string, variant: string | undefined, lookup: Lookup): Promise<readonly Archived[]> => {
  const product = /^server/i.test(variant ?? '') ? 'Server' : 'Cloud'
  const images = await imagesAt(release, { product, arch: lookup.arch }, lookup)
  if (images.length > 0) return images
  return (await Promise.all(places.map((place) => imagesAt(release, place, lookup)))).flat()
}

const imagesAt = async (release: string, { product, arch }: (typeof places)[number], lookup: Lookup): Promise<readonly Archived[]> => {
  const folder = urlOf(lookup.env, 'IMAGE_TEST_FEDORA_ARCHIVE', 'releases', release, product, arch, 'images/')
  return ((await listFolder(folder, lookup)) ?? []).flatMap((file) => {
    const version = composeOfFile(file)?.compose
    const format = formatOfFile(file)
    if (version === undefined || format === undefined) return []
    return [{ file, version, format, arch, variants: variantsOfArchived(file, product), folder }]
  })
}
