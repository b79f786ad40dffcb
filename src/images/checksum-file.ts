import { basename } from 'node:path'
import { JobError } from '../errors'
import { unpackedName } from './compression'
import { algorithmOfHex, type Algorithm, type Expected } from './digests'
import { printable } from './shown'

interface Line {
  readonly algorithm: Algorithm | undefined // undefined: too weak to count
  readonly hex: string
  readonly name: string | undefined // undefined: a file that holds a digest and nothing else
}

const hint = 'Give a checksum file that lists this image with sha256 or better, or the digest itself as `checksum`.'

// Finds the digests of one file in the text of a checksum file: lines of BSD (`SHA256 (NAME) = HEX`) and GNU (`HEX  NAME`, `HEX *NAME`), in
// any mix; OpenSSL writes `SHA2-256(NAME)= HEX`.
// A file that belongs to one image by its own name (`NAME.sha256`) may call it otherwise inside, as openSUSE's do.
// image-error when the image is not listed, is listed twice differently, or only with a weak algorithm.
export const digestsFor = (text: string, image: string, file: string): readonly Expected[] => {
  const lines = text
    .split(/\r?\n/)
    .map(readLine)
    .filter((line) => line !== undefined)
  const single = lines.length === 1 ? lines : []
  const own = file.startsWith(`${image}.`)
  // disk.raw.sha256 may as well be about the disk.raw.xz that it was packed into, wherever that lay.
  const packed = (name: string): boolean => basename(name) !== image && unpackedName(basename(name)) === unpackedName(image)
  const ours = lines.filter(({ name }) => name === image)
  const chosen = ours.length > 0 ? ours : single.filter(({ name }) => name === undefined || (own && !packed(name)))
  const shown = printable(file)
  if (chosen.length === 0) {
    const names = lines.flatMap(({ name }) => (name === undefined ? [] : [printable(name)]))
    const listed = names.length === 0 ? 'lists nothing' : `lists ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
    throw new JobError('image-error', `${shown} does not list ${printable(image)}; it ${listed}`, { hint })
  }
  const found = new Map<Algorithm, Expected>()
  for (const { algorithm, hex } of chosen) {
    if (algorithm === undefined) continue
    const before = found.get(algorithm)
    if (before !== undefined && before.hex !== hex) {
      throw new JobError('image-error', `${shown} gives two different ${algorithm} digests for ${printable(image)}`, { hint })
    }
    found.set(algorithm, { algorithm, hex, from: `from ${shown}` })
  }
  if (found.size === 0) throw new JobError('image-error', `${shown} has only a weak digest (MD5 or SHA-1) of ${printable(image)}`, { hint })
  return [...found.values()]
}

// A name may hold parentheses: it goes on to the last one. Strangers write these lines, as long as they like: a pattern may have one step that
// is tried at each place, and no second one within it.
const readLine = (line: string): Line | undefined => {
  const bsd = /^(SHA(?:2-)?\d+|MD5)\s*\((.+)\)\s*=\s*([0-9a-f]+)$/is.exec(line.trimEnd())
  const gnu = /^([0-9a-f]{32,128})(?:\s+[* ]?(\S.*))?$/i.exec(line.trimEnd())
  const hex = (bsd?.[3] ?? gnu?.[1])?.toLowerCase()
  if (hex === undefined) return undefined
  const algorithm = algorithmOfHex(hex)
  const says = bsd?.[1]?.toLowerCase().replace('sha2-', 'sha')
  if (says !== undefined && algorithm !== undefined && says !== algorithm) return undefined
  // `sha256sum ./*` writes the folder; any other folder is another file.
  return { algorithm, hex, name: (bsd?.[2] ?? gnu?.[2])?.replace(/^\.\//, '') }
}
