// What gpgv says of the signatures it looked at. The lines are described in GnuPG's doc/DETAILS; its exit code says too little: it is 0 for a
// key that has expired, and 2 when one of several signers is unknown.
export type Signature =
  | { readonly kind: 'valid'; readonly primary: string } // fingerprint of the primary key, also when a subkey signed
  | { readonly kind: 'bad' | 'revoked' | 'expired-key' | 'expired' | 'unknown-key' | 'unusable'; readonly key: string } // as gpgv names it

const kinds: Readonly<Record<string, Exclude<Signature['kind'], 'valid' | 'unusable'>>> = {
  BADSIG: 'bad',
  REVKEYSIG: 'revoked',
  EXPKEYSIG: 'expired-key',
  EXPSIG: 'expired',
  NO_PUBKEY: 'unknown-key',
}

// The signatures in the order in which they stand in the file.
export const readStatus = (status: string): readonly Signature[] =>
  status
    .split(/^\[GNUPG:\] NEWSIG\b.*$/m)
    .slice(1)
    .map(readSignature)

const readSignature = (lines: string): Signature => {
  const words = [...lines.matchAll(/^\[GNUPG:\] (\S+) (.*)$/gm)].map(([, name = '', rest = '']) => ({ name, rest: rest.split(' ') }))
  const [fault] = words.flatMap(({ name, rest: [key = ''] }) => {
    const kind = kinds[name]
    return kind === undefined ? [] : [{ kind, key }]
  })
  if (fault !== undefined) return fault
  const find = (wanted: string) => words.find(({ name }) => name === wanted)?.rest
  const primary = find('VALIDSIG')?.[9]
  // VALIDSIG also stands under a signature whose key has expired or was revoked.
  if (find('GOODSIG') !== undefined && primary !== undefined) return { kind: 'valid', primary: primary.toUpperCase() }
  return { kind: 'unusable', key: find('ERRSIG')?.[0] ?? '' }
}
