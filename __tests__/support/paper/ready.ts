// How a paper machine comes up, or does not, and the way into it.
import { JobError } from '../../../src/errors'
import { noAttempts, type Ready, type SshAttempts, type waitReady } from '../../../src/guest/ready/ready'
import { systemClock } from '../../../src/lib/clock'
import { isDisaster, type PaperMachine } from './machine'
import type { Guest } from './session'
import type { MachineFate } from './story'
import { linux, panic, words } from './words'

export interface Started extends PaperMachine {
  readonly guest: Guest
  readonly number: number // of the machines so far, from 1
}

type CameUp = 'login' | 'late' | 'silent'

// What happens instead of a login; nothing when there is one.
const comesUp = async ({ fate, say, strike, interrupted }: Started, signal: AbortSignal): Promise<CameUp> => {
  const { boot, bootSays, console = '' } = fate
  for (const line of console.split('\n').slice(0, -1)) {
    say(`${line}\n`)
    await systemClock.sleep(200, signal)
  }
  if (bootSays !== undefined) say(`${linux}${words[bootSays]}`)
  switch (boot) {
    case 'ready':
      return 'login'
    case 'late':
    case 'silent':
      return boot
    case 'no-root':
      say(panic('VFS: Unable to mount root fs on unknown-block(0,0)'))
      return 'silent'
    case 'loops':
      for (let reset = 0; reset < 5; reset += 1) {
        say(linux)
        strike('resets')
      }
      return 'silent'
    case 'cancel':
    case 'outlasts':
      await interrupted(boot, signal)
      return 'login'
    case 'not-started':
      return 'silent'
    default:
      strike(boot)
      return 'silent'
  }
}

const comesBack = ({ guest, strike }: Started): CameUp => {
  const { reboot } = guest.reboots()
  if (reboot === 'never-back') return 'late'
  if (!isDisaster(reboot)) return 'login'
  if (reboot === 'resets') for (let reset = 0; reset < 5; reset += 1) strike('resets')
  else strike(reboot)
  return 'silent'
}

export const paperReady =
  (machineOf: (name: string) => Started): typeof waitReady =>
  async ({ machine, failure, deadlineMs, signal, atDeadline, onStage, notBootId }) => {
    signal.throwIfAborted()
    const started = machineOf(machine)
    const stop = new AbortController()
    const pass = (): void => {
      stop.abort(signal.reason)
    }
    signal.addEventListener('abort', pass, { once: true })
    const either = stop.signal
    const ssh = nobody()
    const waiting = async (): Promise<Ready> => {
      await systemClock.sleep(100, either)
      const how = notBootId === undefined ? await comesUp(started, either) : comesBack(started)
      if (how !== 'silent') {
        onStage('sshd')
        ssh.banners += 1
      }
      if (how === 'login') {
        for (const stage of ['login', 'ready'] as const) onStage(stage)
        const session = started.guest.session(`boot-${started.number * 1000 + systemClock.now()}`, started.connect())
        const cloudInit = notBootId === undefined ? cloudInitOf(started.fate) : undefined
        return {
          session,
          cloudInit,
          talkative: undefined,
          hostKey: 'SHA256:paper',
          login: { user: 'root', auth: { kind: 'key', privateKey: 'private' } },
        }
      }
      await systemClock.sleep(deadlineMs - systemClock.now(), either)
      throw atDeadline(ssh)
    }
    const failed = failure.then((error): never => {
      throw error
    })
    try {
      return await Promise.race([waiting(), failed])
    } finally {
      signal.removeEventListener('abort', pass)
      stop.abort(new JobError('infra-error', 'no longer waited for', { hint: '' }))
    }
  }

const cloudInitOf = ({ cloudInit }: MachineFate): Ready['cloudInit'] => {
  if (cloudInit === undefined) return undefined
  const severity = cloudInit === 'degraded' ? 'warn' : 'error'
  const said = `cloud-init is ${cloudInit}`
  return { rule: `cloud-init-${cloudInit}`, severity, summary: said, hint: 'on paper', block: said }
}

const nobody = (): SshAttempts => ({ ...noAttempts(), refused: 9 })
