import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sshConfig } from '../access/ssh-config'
import type { Emit } from '../events'
import { shellQuote } from '../lib/shell-quote'
import type { UpMachine } from './bring-up'

export interface Held {
  readonly running: readonly Pick<UpMachine, 'machine' | 'live'>[]
  readonly key: string // private, of the login
  readonly dir: string // of the run, not a machine's: the user who runs it owns that one, and may have put a link there
  readonly emit: Emit
}

// Shows the way in and waits for the signal: no machine lives longer than we do.
export const hold = async ({ running, key, dir, emit }: Held, signal: AbortSignal): Promise<void> => {
  const [keyFile, knownHostsFile, configFile] = [join(dir, 'id_ed25519'), join(dir, 'known_hosts'), join(dir, 'ssh_config')]
  const targets = await Promise.all(
    running.map(async ({ machine, live }) => {
      const { host, port } = await machine.endpoint(signal)
      const { user, hostKey } = live.session()
      return { name: live.name, host, port, user, hostKey }
    }),
  )
  const { config, knownHosts } = sshConfig({ targets, keyFile, knownHostsFile })
  for (const [file, text] of [
    [keyFile, key],
    [knownHostsFile, knownHosts],
    [configFile, config],
  ] as const)
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  for (const { name } of targets)
    emit({ kind: 'note', text: `The machine stays up; end it with Ctrl-C. Log in with: ssh -F ${shellQuote(configFile)} ${name}` })
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
