import ssh2 from 'ssh2'

export interface KeyPair {
  readonly private: string // OpenSSH format
  readonly public: string // 'ssh-ed25519 AAAA… image-test'
}

// One of each kind: a guest in FIPS mode takes no ed25519, others may be told to take nothing else.
export interface Keys {
  readonly ed25519: KeyPair
  readonly ecdsa: KeyPair // P-256
}

export const throwAwayKeys = (): Keys => ({ ed25519: throwAwayKey(), ecdsa: throwAwayKey('ecdsa') })

// A throw-away key pair: no ssh-keygen on the host, nothing on its disk.
export const throwAwayKey = (kind: keyof Keys = 'ed25519'): KeyPair => {
  for (;;) {
    const pair =
      kind === 'ecdsa'
        ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256, comment: 'image-test' })
        : ssh2.utils.generateKeyPairSync('ed25519', { comment: 'image-test' })
    // ssh2 1.17 drops the first byte of a public key when that is zero, of one key in 256: nobody can use such a pair, ssh2 neither.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

// Made once for a run; a machine of a later attempt takes the same.
export interface RunKeys {
  readonly user: Keys
  readonly host: Keys
}

export const makeRunKeys = (): RunKeys => ({ user: throwAwayKeys(), host: throwAwayKeys() })
