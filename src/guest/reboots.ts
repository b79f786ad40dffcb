import { JobError } from '../errors'
import type { Ready } from './ready/ready'
import { said } from './command/said'
import type { Session } from './session'
import type { Watch } from './watch'
import { systemClock } from '../lib/clock'
import type { BootResult } from '../results'
import type { LiveMachine } from './live'

// Who is told what becomes of a reboot.
export interface RebootRecord {
  readonly end: (outcome: BootResult['outcome'], message?: string) => void
}

export interface LiveRequest {
  readonly name: string
  readonly facts: LiveMachine['facts']
  readonly bootTimeoutMs: number
  readonly session: Session
  readonly watch: Watch
  readonly ready: (deadlineMs: number, limitMs: number, notBootId: string, signal: AbortSignal) => Promise<Ready>
  readonly beforeReboot: (session: Session, signal: AbortSignal) => Promise<void>
  readonly openReboot: (count: number) => RebootRecord
}

// A machine that is up, and comes back from the reboots that tests ask for.
export const liveMachine = ({
  name,
  facts,
  bootTimeoutMs,
  session: first,
  watch,
  ready,
  beforeReboot,
  openReboot,
}: LiveRequest): LiveMachine => {
  let session = first
  let reboots = 0
  return {
    name,
    facts,
    bootTimeoutMs,
    session: () => session,
    failure: watch.failure,
    failed: watch.failed,
    goingDown: watch.goingDown,
    setTest: (id) => {
      watch.diagnosis.setTest(id)
    },
    reboot: async (timeoutMs, signal) => {
      await beforeReboot(session, signal)
      watch.setPhase('rebooting')
      const refused = await askForReboot(session, signal)
      if (refused !== undefined) {
        watch.setPhase('running')
        return refused
      }
      reboots += 1
      const record = openReboot(reboots)
      try {
        const next = await ready(systemClock.now() + timeoutMs, timeoutMs, session.bootId, signal)
        await session[Symbol.asyncDispose]()
        session = next.session
        watch.setPhase('running')
        record.end('ready')
        return undefined
      } catch (error) {
        const lost = watch.failed() ?? (error instanceof JobError && error.outcome === 'boot-failed' ? asLost(error) : error)
        record.end(lost instanceof JobError ? lost.outcome : 'infra-error', lost instanceof Error ? lost.message : String(lost))
        throw lost
      }
    },
  }
}

// The answer comes before the connection is cut, as a rule: the reboot itself is left to a process of its own. Resolves with why the guest
// does not do it.
const askForReboot = async (session: Session, signal: AbortSignal): Promise<string | undefined> => {
  const words = said()
  const result = await session.exec(
    {
      script: '(sleep 0.3; systemctl reboot || reboot) >/dev/null 2>&1 &',
      shell: 'sh {0}',
      ...(session.user === 'root' ? {} : { as: 'root' }),
      env: {},
      timeoutMs: 30_000,
      killGraceMs: 1000,
      onOutput: (_stream, chunk) => {
        words.push(chunk)
      },
    },
    signal,
  )
  // A system that ends may take the command with it; whether it comes up anew is seen by its boot id.
  if (['lost', 'signalled', 'unproven'].includes(result.kind) || (result.kind === 'exited' && result.code === 0)) return undefined
  const why = result.kind === 'not-started' ? result.cause : words.lines().join(' ') || result.kind
  return `the guest could not be told to reboot (the login user ${session.user} must be allowed sudo without a password): ${why}`
}

// What keeps a machine from coming back after a reboot is the same as at a first boot, but it was ready before.
const asLost = (error: JobError): JobError =>
  new JobError('guest-lost', `after the reboot: ${error.message}`, {
    hint: error.hint,
    machine: error.machine,
    stage: error.stage,
    excerpt: error.excerpt,
    cause: error,
  })
