import type { Network } from './download'
import { fetchIfThere } from './small-file'
import { urlFileName } from '../lib/shown'
import { readXml } from '../lib/xml'

// Other addresses of a file, best first, of the metalink (version 3, as MirrorManager answers) that lists them. Nothing else in it counts: its
// digests are as little proof as its mirrors. Empty when there is no such list or it cannot be had at the first try.
export const readMirrors = async (list: URL, file: string, network: Network): Promise<readonly URL[]> => {
  try {
    const found = await fetchIfThere(list, { ...network, limits: { ...network.limits, failuresInARow: 1 } })
    return found === undefined ? [] : mirrorsIn(found.bytes.toString('utf8'), file)
  } catch {
    network.signal.throwIfAborted()
    return []
  }
}

// The urls of one file: https before http, then by preference.
export const mirrorsIn = (xml: string, file: string): readonly URL[] => {
  const elements = readXml(xml)
  if (typeof elements === 'string') return []
  return elements
    .flatMap(({ name, attributes, text }) => {
      const address = text.trim()
      const url = name === 'url' && URL.canParse(address) ? new URL(address) : undefined
      if (url === undefined || !/^https?:$/.test(url.protocol) || urlFileName(url) !== file) return []
      const preference = attributes.get('preference') ?? ''
      return [{ url, preference: /^\d+$/.test(preference) ? Number(preference) : 0 }]
    })
    .toSorted((left, right) => rank(left.url) - rank(right.url) || right.preference - left.preference)
    .map(({ url }) => url)
}

const rank = ({ protocol }: URL): number => (protocol === 'https:' ? 0 : 1)
