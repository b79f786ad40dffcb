import { variantsOfListed } from '../../../distributions/fedora-files'
import type { Vouched } from '../../../resolved'
import { printable } from '../../../../lib/shown'
import type { Candidate } from '../../choose'
import { jsonEntries, jsonList, record, jsonText } from '../../json'
import { listFolderOnce } from '../../listing'
import { fetchTextIfThere, firstOf } from '../../metadata'
import type { Lookup } from '../../name-source'

// An image of a compose, as productmd's images.json has it.
export interface ComposeImage extends Candidate {
  readonly path: string // below the folder of its compose
  readonly digests: readonly Vouched[]
}

export interface Compose {
  readonly id: string // Fedora-Rawhide-20260801.n.0
  readonly images: readonly ComposeImage[]
  readonly folder: string // what paths are below of, without a slash at its end
}

// Reads what a compose has. `base` is its folder, the one with COMPOSE_ID and compose/ in it; one that is called latest-… stands for another
// beside it, which is found by that file and stays what it is. undefined when there is no such compose.
export const readCompose = async (base: string, lookup: Lookup): Promise<Compose | undefined> => {
  const folder = await itself(folderOf(base), lookup)
  const places = [`${folder}/compose`, folder].map((below) => new URL(`${below}/metadata/images.json`))
  const compose = await firstOf(places, lookup, ({ json, trusted }, { href }): Compose => {
    const payload = record(record(json)['payload'])
    const id = jsonText(record(payload['compose'])['id']) ?? folder.split('/').at(-1) ?? ''
    return { id, folder: href.replace(/\/metadata\/images\.json$/, ''), images: imagesOf(payload['images'], trusted) }
  })
  if (compose !== undefined) await warnOfStatus(folder, compose.id, lookup)
  return compose
}

const folderOf = (base: string): string => base.replace(/\/+$/, '').replace(/\/compose$/, '')

// The ids of the composes that lie beside one which is missing: those of the same product, if there are any.
export const composesBeside = async (base: string, lookup: Lookup): Promise<readonly string[]> => {
  const folder = folderOf(base)
  const ids = ((await listFolderOnce(new URL('.', folder), lookup)) ?? []).filter((name) => /-\d{8}\.(\w+\.)?\d+$/.test(name))
  const product = (folder.split('/').at(-1) ?? '').replace(/^latest-/, '').replace(/-\d{8}\b.*$/, '')
  const same = ids.filter((id) => id.startsWith(`${product}-`))
  return same.length > 0 ? same : ids
}

// What tells more of a compose, but is not needed.
const optional = { forbidden: 'missing' } as const

const itself = async (base: string, lookup: Lookup): Promise<string> => {
  const last = base.split('/').at(-1) ?? ''
  if (!last.startsWith('latest-')) return base
  const id = (await fetchTextIfThere(new URL(`${base}/COMPOSE_ID`), lookup, optional))?.trim() ?? ''
  return /^[A-Za-z][\w.-]*$/.test(id) ? `${base.slice(0, -last.length)}${id}` : base
}

const warnOfStatus = async (folder: string, id: string, lookup: Lookup): Promise<void> => {
  const status = (await fetchTextIfThere(new URL(`${folder}/STATUS`), lookup, optional))?.trim()
  if (status === undefined || status === 'FINISHED' || status === 'FINISHED_INCOMPLETE') return
  lookup.warn(`the compose ${printable(id)} is ${printable(status, 40)}, not FINISHED`)
}

const imagesOf = (value: unknown, trusted: boolean): readonly ComposeImage[] =>
  jsonEntries(value).flatMap(([variant, arches]) =>
    jsonEntries(arches).flatMap(([, images]) =>
      jsonList(images).flatMap((image) => {
        const { path: written, checksums, ...rest } = record(image)
        const [path, arch, type] = [jsonText(written), jsonText(rest['arch']), jsonText(rest['type'])]
        if (path === undefined || arch === undefined || type === undefined) return []
        const file = path.split('/').at(-1) ?? path
        const subvariant = jsonText(rest['subvariant'])
        const sha256 = jsonText(record(checksums)['sha256'])
        const digests =
          sha256 === undefined ? [] : [{ algorithm: 'sha256' as const, hex: sha256.toLowerCase(), from: 'from images.json', trusted }]
        return [
          {
            file,
            path,
            arch,
            format: formatOfType(type),
            version: '',
            variants: variantsOfListed(file, [...(subvariant === undefined ? [] : [subvariant]), variant]),
            digests,
          },
        ]
      }),
    ),
  )

// Names have one word for a raw disk, packed or not.
const formatOfType = (type: string): string => (/^raw(-(xz|zst|gz))?$/.test(type) ? 'raw' : type)
