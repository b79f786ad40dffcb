import ssh2 from 'ssh2'

export interface KeyPair {
  readonly private: string // OpenSSH format
  readonly public: string // 'ssh-ed25519 AAAA… image-test'
}

// A throw-away key pair: no ssh-keygen on the host, nothing on its disk.
export const throwAwayKey = (): KeyPair => {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'image-test' })
    // ssh2 1.17 drops the first byte of a public key when that is zero, of one key in 256: nobody can use such a pair, ssh2 neither.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}
