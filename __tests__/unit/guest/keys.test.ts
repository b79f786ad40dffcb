import ssh2 from 'ssh2'
import { expect, it } from 'vitest'
import { throwAwayKey } from '../../../src/guest/keys'

// One in 256 of those that ssh2 makes is broken: among so many there are some.
it('makes keys that can be read again, each with its public half', () => {
  for (let count = 0; count < 4000; count += 1) {
    const pair = throwAwayKey()
    const read = ssh2.utils.parseKey(pair.private)
    if (read instanceof Error) throw read
    expect(pair.public).toBe(`ssh-ed25519 ${read.getPublicSSH().toString('base64')} image-test`)
  }
})
