import { basename } from 'node:path'
import { JobError } from '../../errors'
import { unpackedName } from '../../formats/compression'
import { algorithmOfHex, type Algorithm, type Expected } from '../../lib/digests'
import { printable } from '../../lib/shown'

interface Line {
  readonly algorithm: Algorithm | undefined // undefined: too weak to count
  readonly hex: string
  readonly name: string | undefined // undefined: a file that holds a digest and nothing else
}

const hint = 'Give a checksum file that lists this image with sha256 or better, or the digest itself as `checksum`.'

// Finds the digests of one file in the text of a checksum file: lines of BSD (`SHA256 (NAME) = HEX`) and GNU (`HEX  NAME`, `HEX *NAME`), in
// any mix; OpenSSL writes `SHA2-256(NAME)= HEX`, and Gentoo puts `# SHA512 HASH` above lines of GNU. Where an algorithm is named, its name
// counts and not the length of the digest: BLAKE2b and SHA3-512 have as many digits as SHA512.
// A file that belongs to one image by its own name (`NAME.sha256`) may call it otherwise inside, as openSUSE's do.
// image-error when the image is not listed, is listed twice differently, or only with a weak algorithm.
export const digestsFor = (text: string, image: string, file: string): readonly Expected[] => {
  const lines = readLines(text, strangeEnding.exec(file)?.[1]?.toLowerCase())
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

const readLines = (text: string, fileSays: string | undefined): readonly Line[] => {
  let says = fileSays
  return text.split(/\r?\n/).flatMap((line) => {
    const heading = /^#+\s*([\w/-]{2,20})(?:\s+(?:hash|digest|checksum|sum)(?:e?s)?)?\s*:?\s*$/i.exec(line.length > 80 ? '' : line)?.[1] // the longer, the more ways to match
    says = (heading === undefined ? undefined : named(heading)) ?? says
    return readLine(line, says) ?? []
  })
}

// Of b2sum and b3sum the programs are better known than what they compute.
const strange = 'b[23]sum|blake-?\\d\\w*|sha-?3(?:[-_]?\\d+)?|keccak\\w*|whirlpool|streebog\\w*|gost\\w*|sm3|ripemd\\w*|rmd-?160'
const strangeEnding = new RegExp(`(?:^|[._-])(${strange})(?:sums?|s)?(?:\\.txt)?$`, 'i') // B2SUMS, x.qcow2.blake2b
const algorithmName = new RegExp(`^(?:${strange}|sha-?(?:2-)?(?:1|224|256|384|512)(?:[-/_]\\d+)?|md[245])$`, 'i')

const named = (word: string): string | undefined => (algorithmName.test(word) ? word.toLowerCase().replace('sha-', 'sha') : undefined)

// A name may hold parentheses: it goes on to the last one. Strangers write these lines, as long as they like: a pattern may have one step that
// is tried at each place, and no second one within it.
const readLine = (line: string, heading: string | undefined): Line | undefined => {
  const bsd = /^(SHA(?:2-)?\d+|MD5)\s*\((.+)\)\s*=\s*([0-9a-f]+)$/is.exec(line.trimEnd())
  const gnu = /^([0-9a-f]{32,128})(?:\s+[* ]?(\S.*))?$/i.exec(line.trimEnd())
  const hex = (bsd?.[3] ?? gnu?.[1])?.toLowerCase()
  if (hex === undefined) return undefined
  const algorithm = algorithmOfHex(hex)
  const says = (bsd?.[1]?.toLowerCase() ?? heading)?.replace('sha2-', 'sha')
  if (says !== undefined && algorithm !== undefined && says !== algorithm) return undefined
  // `sha256sum ./*` writes the folder; any other folder is another file.
  return { algorithm, hex, name: (bsd?.[2] ?? gnu?.[2])?.replace(/^\.\//, '') }
}
