import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { JobError } from '../../errors'
import { systemClock } from '../../lib/clock'
import type { UserIdentity } from '../../host/confinement'
import { startBound, type Running } from '../../host/process'
import { retry } from '../../lib/retry'

// It was measured to listen after some hundredths of a second.
const startMs = 5000

export interface TpmRequest {
  readonly dir: string // the machine's
  readonly socket: string // name of its socket there
  readonly state: string // name of a folder there: made here, and empty
  readonly marker: string
  readonly as: UserIdentity | undefined
  readonly own: (path: string) => Promise<void> // hands a file over to that user
}

// Starts a TPM 2.0 that is new, bound to our own life and to QEMU's connection. The path of a socket may have 107 bytes, so it is told by its
// name in the folder where both work. infra-error
export const startTpm = async ({ dir, socket, state, marker, as, own }: TpmRequest): Promise<Running> => {
  await mkdir(join(dir, state), { mode: 0o700 })
  await own(join(dir, state))
  const tpm = startBound({
    file: 'swtpm',
    args: ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--ctrl', `type=unixio,path=${socket}`, '--terminate'],
    cwd: dir,
    env: { IMAGE_TEST_RUN: marker },
    extraPipes: 0,
    as,
  })
  let said = ''
  let ended = false
  for (const stream of tpm.stdio.slice(1, 3) as Readable[])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1000)))
  void tpm.exited.then(() => (ended = true))
  try {
    await retry(() => access(join(dir, socket)), {
      when: () => !ended,
      delayMs: () => 20,
      deadlineMs: systemClock.now() + startMs,
    })
  } catch (cause) {
    tpm.kill('SIGKILL')
    await tpm.exited
    throw new JobError('infra-error', `swtpm did not start: ${said.trim() || 'it said nothing'}`, {
      hint: 'Check that the package swtpm is installed and works on this host.',
      cause,
    })
  }
  return tpm
}
