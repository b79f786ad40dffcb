import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../events'
import type { UpMachine } from './bring-up'

export interface Held {
  readonly running: readonly Pick<UpMachine, 'machine' | 'live'>[]
  readonly key: string // private, of the login
  readonly dir: string // of the run, not a machine's: the user who runs it owns that one, and may have put a link there
  readonly emit: Emit
}

// Shows the way in and waits for the signal: it lives no longer than we do.
export const hold = async ({ running, key, dir, emit }: Held, signal: AbortSignal): Promise<void> => {
  const file = join(dir, 'id_ed25519')
  writeFileSync(file, key, { mode: 0o600, flag: 'wx' })
  for (const { machine, live } of running) {
    const { host, port } = await machine.endpoint(signal)
    const options = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
    emit({
      kind: 'note',
      text: `The machine stays up; end it with Ctrl-C. Log in with: ssh -i ${file} -p ${port} ${options} ${live.session().user}@${host}`,
    })
  }
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
