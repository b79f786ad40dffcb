import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../events'
import type { Booted, RunKeys } from './boot'

export interface Held extends Pick<Booted, 'machine' | 'live'> {
  readonly credentials: RunKeys
  readonly dir: string // of the run, not the machine's: QEMU's user owns that one, and may have put a link there
  readonly emit: Emit
}

// Shows the way in and waits for the signal: QEMU lives no longer than we do.
export const hold = async ({ machine, live, credentials, dir, emit }: Held, signal: AbortSignal): Promise<void> => {
  const key = join(dir, 'id_ed25519')
  writeFileSync(key, credentials.user.ed25519.private, { mode: 0o600, flag: 'wx' })
  const { host, port } = await machine.endpoint(signal)
  const options = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
  emit({
    kind: 'note',
    text: `The machine stays up; end it with Ctrl-C. Log in with: ssh -i ${key} -p ${port} ${options} ${live.session().user}@${host}`,
  })
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
