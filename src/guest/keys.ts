import ssh2 from 'ssh2'

export interface KeyPair {
  readonly private: string // OpenSSH format
  readonly public: string // 'ssh-ed25519 AAAA… image-test'
}

// A throw-away key pair: no ssh-keygen on the host, nothing on its disk.
export const throwAwayKey = (): KeyPair => ssh2.utils.generateKeyPairSync('ed25519', { comment: 'image-test' })
