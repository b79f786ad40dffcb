import { resolve } from 'node:path'
import { JobError } from '../../errors'
import type { Network } from '../../fetch/download'
import { shownSource } from '../../lib/shown'
import { readKeys } from './signatures/armor'
import type { Signers } from './signatures/check'
import { readSmallFile } from '../../fetch/small-file'

// Reads a public key that the user gives: the text of it, or the path of a file. config-error when it is neither.
export const readSigningKey = async (written: string, cwd: string, network: Network): Promise<Signers> => {
  const inline = written.includes('-----BEGIN PGP')
  const bytes = inline ? Buffer.from(written) : (await readSmallFile(resolve(cwd, written), network, cwd))?.bytes
  if (bytes === undefined) {
    throw new JobError('config-error', `there is no file ${shownSource(written)} with a signing key`, {
      hint: 'Give the public key itself (-----BEGIN PGP PUBLIC KEY BLOCK-----) or the path of its file, relative to the working folder.',
    })
  }
  const keys = readKeys(bytes)
  if (keys === undefined) {
    throw new JobError('config-error', `${inline ? 'signing-key' : shownSource(written)} holds no OpenPGP public key`, {
      hint: 'Export it with: gpg --armor --export FINGERPRINT',
    })
  }
  return { kind: 'given', bytes: keys }
}
