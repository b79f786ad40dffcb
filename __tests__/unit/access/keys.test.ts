import ssh2 from 'ssh2'
import { expect, it } from 'vitest'
import { throwAwayKey } from '../../../src/access/keys'

// One in 256 of those that ssh2 makes is broken: among so many there are some.
it.each([
  ['ed25519', 'ssh-ed25519', 4000],
  ['ecdsa', 'ecdsa-sha2-nistp256', 1000],
] as const)('makes %s keys that can be read again and sign, each with its public half', (kind, type, many) => {
  for (let count = 0; count < many; count += 1) {
    const pair = throwAwayKey(kind)
    const read = ssh2.utils.parseKey(pair.private)
    if (read instanceof Error) throw read
    expect(pair.public).toBe(`${type} ${read.getPublicSSH().toString('base64')} image-test`)
    const signature = read.sign(Buffer.from('text'), kind === 'ecdsa' ? 'sha256' : undefined)
    expect(!(signature instanceof Error) && read.verify(Buffer.from('text'), signature)).toBe(true)
  }
})
