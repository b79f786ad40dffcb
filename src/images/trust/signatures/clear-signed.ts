const begin = '\n-----BEGIN PGP SIGNED MESSAGE-----'
const signature = '\n-----BEGIN PGP SIGNATURE-----'
const end = '\n-----END PGP SIGNATURE-----'

// The clear-signed texts in a file, each with its signature and without what stands around it. One character a byte, so that nothing is lost.
export const clearSignedParts = (bytes: Buffer): readonly string[] => {
  const text = `\n${bytes.toString('latin1')}`
  const parts: string[] = []
  let start = text.indexOf(begin)
  while (start >= 0) {
    const stop = text.indexOf(end, start)
    if (stop < 0) break
    parts.push(`${text.slice(start + 1, stop)}${end}\n`)
    start = text.indexOf(begin, stop + end.length)
  }
  return parts
}

export const isClearSigned = (bytes: Buffer): boolean => clearSignedParts(bytes).length > 0

// What the first of them says, whether or not its signature is good; everything when nothing is signed.
export const wordsOf = (bytes: Buffer): string => {
  const [part] = clearSignedParts(bytes)
  const stop = part?.indexOf(signature) ?? -1
  const head = part === undefined ? null : /\r?\n\r?\n/.exec(part)
  if (part === undefined || head === null || stop < head.index) return bytes.toString('utf8')
  const said = Buffer.from(part.slice(head.index + head[0].length, stop), 'latin1').toString('utf8')
  return said.replace(/^- /gm, '')
}
