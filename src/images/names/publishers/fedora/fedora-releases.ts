import { composeOfFile, variantsOfListed } from '../../../distributions/fedora-files'
import type { Vouched } from '../../../resolved'
import { urlOf } from '../../base-urls'
import type { Candidate } from '../../choose'
import { formatOfFile } from '../../formats'
import { jsonList, record, jsonText } from '../../json'
import { fetchJson } from '../../metadata'
import type { Lookup } from '../../name-source'

// An image of a release that is out, or of its Beta.
export interface Released extends Candidate {
  readonly release: string // 44, 45 Beta
  readonly path: string | undefined // below pub/fedora/linux
  readonly link: string
  readonly digests: readonly Vouched[]
}

// Fedora's own list. Releases that have ended are not in it.
export const fedoraReleases = async (lookup: Lookup): Promise<readonly Released[]> => {
  const { json, trusted } = await fetchJson(urlOf(lookup.env, 'IMAGE_TEST_FEDORA_RELEASES'), lookup)
  return jsonList(json).flatMap((row) => {
    const { version: release, arch, link, variant, subvariant, sha256 } = record(row)
    const found = [release, arch, link].map(jsonText)
    const [releaseText, archText, linkText] = found
    if (releaseText === undefined || archText === undefined || linkText === undefined || !URL.canParse(linkText)) return []
    const file = linkText.split('/').at(-1) ?? ''
    const format = formatOfFile(file)
    if (format === undefined) return []
    const hex = jsonText(sha256)
    return [
      {
        release: releaseText,
        arch: archText,
        link: linkText,
        path: /\/pub\/fedora\/linux\/(.+)$/.exec(new URL(linkText).pathname)?.[1],
        file,
        format,
        version: composeOfFile(file)?.compose ?? releaseText,
        variants: variantsOfListed(
          file,
          [jsonText(subvariant), jsonText(variant)].filter((name) => name !== undefined),
        ),
        digests: hex === undefined ? [] : [{ algorithm: 'sha256', hex: hex.toLowerCase(), from: 'from releases.json', trusted }],
      },
    ]
  })
}
