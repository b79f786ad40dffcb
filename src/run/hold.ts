import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Login } from '../access/login'
import { sshConfig } from '../access/ssh-config'
import type { Emit } from '../events'
import { shellQuote } from '../lib/shell-quote'
import type { UpMachine } from './bring-up'

export interface Held {
  readonly running: readonly Pick<UpMachine, 'machine' | 'live' | 'login'>[]
  readonly dir: string // of the run, not a machine's: the user who runs it owns that one, and may have put a link there
  readonly emit: Emit
}

// Shows the way in, which is ours, and waits for the signal: no machine lives longer than we do.
export const hold = async ({ running, dir, emit }: Held, signal: AbortSignal): Promise<void> => {
  const write = (name: string, text: string): string => {
    const file = join(dir, name)
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
    return file
  }
  const targets = await Promise.all(
    running.map(async ({ machine, live, login }, index) => {
      const { host, port } = await machine.endpoint(signal)
      const { user, hostKey } = live.session()
      const keyFiles = keysOf(login).map((key, nth) => write(`key-${index + 1}-${nth + 1}`, key))
      return { name: live.name, host, port, user, hostKey, keyFiles }
    }),
  )
  const { config, knownHosts } = sshConfig({ targets, knownHostsFile: join(dir, 'known_hosts') })
  write('known_hosts', knownHosts)
  const configFile = write('ssh_config', config)
  for (const { name, keyFiles } of targets) {
    const asks = keyFiles.length === 0 ? ' (it asks for the password of the job)' : ''
    emit({ kind: 'note', text: `The machine stays up; end it with Ctrl-C. Log in with: ssh -F ${shellQuote(configFile)} ${name}${asks}` })
  }
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}

const keysOf = ({ auth }: Login): readonly string[] =>
  auth.kind === 'password' ? [] : [auth.privateKey, auth.otherKey].filter((key) => key !== undefined)
