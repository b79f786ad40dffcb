// What a paper machine does when it is asked: tests, a reboot, whether it is still there, its journal.
import type { ExecRequest, RawExecResult } from '../../../src/guest/command/request'
import type { Session } from '../../../src/guest/session'
import { systemClock } from '../../../src/lib/clock'
import { isDisaster, type Connection, type PaperMachine } from './machine'
import type { JournalFate, StepFate } from './story'
import { journalWords, words } from './words'

// Which step a script is of; a reboot's is the same for all.
export type StepOf = (script: string) => number | undefined

const exited = (code: number): RawExecResult => ({ kind: 'exited', code, durationMs: 1 })
const lost: RawExecResult = { kind: 'lost', cause: 'the connection broke', durationMs: 1 }

export interface Guest {
  readonly session: (boot: string, connection: Connection) => Session
  readonly reboots: () => StepFate // what becomes of the reboot at hand
}

export const paperGuest = (paper: PaperMachine, stepOf: StepOf): Guest => {
  const { fate, name, say, strike, interrupted } = paper
  const tries = new Map<number | undefined, number>() // so far, of each step
  let rebooting: StepFate = nothing

  const fateOf = (script: string): StepFate => fate.steps[stepOf(script) ?? -1] ?? nothing
  const speak = ({ says, console = '' }: StepFate): void => {
    if (console !== '') say(console)
    if (says !== undefined) say(words[says])
  }

  const attempt = async ({ script, timeoutMs, onOutput }: ExecRequest, signal: AbortSignal): Promise<RawExecResult> => {
    const step = fateOf(script)
    const count = tries.get(stepOf(script)) ?? 0
    tries.set(stepOf(script), count + 1)
    if (count === 0) speak(step)
    const now = step.tries[Math.min(count, step.tries.length - 1)] ?? { kind: 'exits', code: 0 }
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = now[stream]
      if (text !== undefined) onOutput(stream, Buffer.from(text))
    }
    await systemClock.sleep(10, signal)
    switch (now.kind) {
      case 'exits':
        return exited(now.code)
      case 'signalled':
        return { kind: 'signalled', signal: 'SEGV', durationMs: 1 }
      case 'not-started':
        return { kind: 'not-started', cause: 'no such shell', durationMs: 1 }
      case 'unproven':
        return { kind: 'unproven', cause: 'its last mark never came', durationMs: 1 }
      case 'hangs':
        await systemClock.sleep(timeoutMs, signal)
        return { kind: 'timed-out', killed: now.killed, durationMs: timeoutMs }
      case 'cancel':
      case 'outlasts':
        await interrupted(now.kind, signal)
        return exited(0)
      default:
        if (now.kind === 'cut' && step.cancelAfterCut === true) paper.later(1000, paper.cancel)
        strike(now.kind)
        return lost
    }
  }

  const askedIfThere = async (signal: AbortSignal): Promise<RawExecResult> => {
    const { atEnd, endSays } = fate
    if (endSays !== undefined) say(words[endSays])
    if (atEnd === 'cancel' || atEnd === 'outlasts') await interrupted(atEnd, signal)
    if (atEnd === 'stops') {
      paper.later(1000, () => {
        strike('powers-off')
      })
      return exited(1)
    }
    if (!isDisaster(atEnd)) return exited(0)
    strike(atEnd)
    return lost
  }

  const askedToReboot = async (script: string, connection: Connection, signal: AbortSignal): Promise<RawExecResult> => {
    rebooting = fateOf(script)
    const { reboot } = rebooting
    speak(rebooting)
    if (reboot === 'cancel' || reboot === 'outlasts') await interrupted(reboot, signal)
    if (reboot === 'refused') return exited(1)
    connection.cut()
    return exited(0)
  }

  // The uptime, then times that count from the start of the kernel.
  const tellJournal = async ({ script, onOutput, timeoutMs }: ExecRequest, signal: AbortSignal): Promise<RawExecResult> => {
    const { says, text = '', end }: JournalFate = fate.journal ?? {}
    const uptime = ((systemClock.now() - paper.poweredOnMs) / 1000).toFixed(2)
    onOutput('stdout', Buffer.from(`${uptime} all\n${text}${says === undefined ? '' : journalWords[says]}`))
    if (stepOf(script) !== undefined) return exited(0) // before a reboot
    switch (end) {
      case undefined:
        return exited(0)
      case 'fails':
        return exited(1)
      case 'hangs':
        await systemClock.sleep(timeoutMs, signal)
        return { kind: 'timed-out', killed: true, durationMs: timeoutMs }
      case 'cancel':
        await interrupted(end, signal)
        return exited(0)
      default:
        strike(end)
        return lost
    }
  }

  return {
    reboots: () => rebooting,
    session: (boot, connection) => ({
      machine: name,
      user: 'root',
      hostKey: 'ssh-ed25519 paper',
      bootId: boot,
      os: fate.os ?? { id: 'paper', version: '', kernel: '1' },
      hasBash: true,
      hasJournal: fate.journal !== undefined,
      isLost: () => !connection.isOpen(),
      exec: async (request, signal) => {
        signal.throwIfAborted()
        if (!connection.isOpen()) return lost
        const { script } = request
        if (script.includes('!= stopping')) return askedIfThere(signal)
        if (script.includes('exec $as journalctl')) return tellJournal(request, signal)
        if (script.includes('systemctl reboot')) return askedToReboot(script, connection, signal)
        return attempt(request, signal)
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  }
}

const nothing: StepFate = { tries: [], reboot: 'comes-back' }
