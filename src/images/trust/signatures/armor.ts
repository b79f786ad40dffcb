const block = (kind: string) =>
  new RegExp(`^-----BEGIN PGP ${kind}-----[ \\t]*\\r?\\n(?:[^\\r\\n-][^\\r\\n]*\\r?\\n)*?\\r?\\n([^-]*)^-----END PGP ${kind}-----`, 'gm')

// The bytes of OpenPGP keys, as gpgv wants them in a keyring: out of every armored block in the text, or as they are when they are binary
// already. undefined when there is no key.
export const readKeys = (bytes: Buffer): Buffer | undefined => {
  // A binary packet begins with its highest bit set, a text never does.
  if (((bytes[0] ?? 0) & 0x80) !== 0 && !isUtf8Mark(bytes)) return bytes
  const blocks = [...bytes.toString('latin1').matchAll(block('PUBLIC KEY BLOCK'))].map(([, body = '']) =>
    // The line with = in front is a checksum of 24 bits that new writers leave out.
    Buffer.from(body.replace(/^=[\w+/]{4}\s*$/m, ''), 'base64'),
  )
  const keys = Buffer.concat(blocks)
  return keys.length === 0 ? undefined : keys
}

const isUtf8Mark = (bytes: Buffer): boolean => bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))
