// Machines of paper: they play what a story says of them, in no time.
import { JobError } from '../../../src/errors'
import type { Ready, waitReady } from '../../../src/guest/ready/ready'
import type { ExecRequest, RawExecResult } from '../../../src/guest/command/request'
import type { Session } from '../../../src/guest/session'
import { systemClock } from '../../../src/lib/clock'
import { StartError, type Machine, type MachineListener, type Provider } from '../../../src/machines/provider'
import type { Disaster, Interruption, MachineFate, StepFate, Story, Word } from './story'

export interface Paper {
  readonly provider: (kind: 'kvm' | 'tcg') => Provider
  readonly waitReady: typeof waitReady
  readonly started: () => number // machines so far
  readonly at: (step: number | undefined) => void // which step runs now
}

const words: Readonly<Record<Word, string>> = {
  crash: '[   12.345678] foo[12]: segfault at 0 ip 0000000000401136 sp 00007ffd error 4 in foo[401000+1000]\n',
  oops: '[   12.345678] Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP\n[   12.345679] ---[ end trace 0000000000000000 ]---\n',
  lockup: '[   12.345678] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [foo:12]\n',
}
const panic = (why: string): string => `[    2.000000] Kernel panic - not syncing: ${why}\n`
const isDisaster = (kind: string): kind is Disaster =>
  ['cut', 'panics', 'powers-off', 'resets', 'dies', 'paused', 'stands-still', 'corrupt'].includes(kind)

export const paperMachines = ({ machines }: Pick<Story, 'machines'>, cancel: () => void): Paper => {
  let started = 0
  let step: number | undefined
  let fate: MachineFate | undefined
  let listener: MachineListener | undefined
  let tries = 0 // of the step
  let connection = { open: false } // of the newest session
  let answers = true
  let over = false

  const say = (text: string): void => {
    listener?.console(Buffer.from(text), systemClock.now())
  }
  const end = (exitCode: number | undefined, signal: string | undefined): void => {
    if (over) return
    over = true
    connection.open = false
    listener?.event({ kind: 'gone', atMs: systemClock.now(), exitCode, signal, stderr: '' })
  }
  const strike = (disaster: Disaster): void => {
    const atMs = systemClock.now()
    connection.open = false // before anything is told of it: who hears that asks the guest
    switch (disaster) {
      case 'cut':
        break
      case 'panics':
        say(panic('Fatal exception'))
        listener?.event({ kind: 'panicked', atMs })
        break
      case 'powers-off':
        listener?.event({ kind: 'stopped', by: 'guest', atMs })
        break
      case 'resets':
        listener?.event({ kind: 'reset', by: 'guest', atMs })
        break
      case 'dies':
        end(undefined, 'SIGKILL')
        break
      case 'paused':
        listener?.event({ kind: 'paused', cause: 'host-full', atMs })
        break
      case 'corrupt':
        listener?.event({ kind: 'paused', cause: 'image-corrupt', atMs })
        break
      case 'stands-still':
        answers = false
        break
    }
  }
  // Waits for the end of the job, as a command that goes on for ever does; a cancel brings it about, unless this is what a cancel lets pass.
  const interrupted = async (how: Interruption, signal: AbortSignal): Promise<void> => {
    if (how === 'cancel') cancel()
    await systemClock.sleep(how === 'cancel' ? 1 : 1e6, signal)
  }

  const stepFate = (): StepFate => (step === undefined ? undefined : fate?.steps[step]) ?? { tries: [], reboot: 'comes-back' }
  const exited = (code: number): RawExecResult => ({ kind: 'exited', code, durationMs: 1 })
  const lost: RawExecResult = { kind: 'lost', cause: 'the connection broke', durationMs: 1 }

  const attempt = async ({ timeoutMs }: ExecRequest, signal: AbortSignal): Promise<RawExecResult> => {
    const { tries: all, says } = stepFate()
    const now = all[Math.min(tries, all.length - 1)] ?? { kind: 'exits', code: 0 }
    tries += 1
    if (says !== undefined && tries === 1) say(words[says])
    await systemClock.sleep(10, signal)
    switch (now.kind) {
      case 'exits':
        return exited(now.code)
      case 'signalled':
        return { kind: 'signalled', signal: 'SEGV', durationMs: 1 }
      case 'not-started':
        return { kind: 'not-started', cause: 'no such shell', durationMs: 1 }
      case 'hangs':
        await systemClock.sleep(timeoutMs, signal)
        return { kind: 'timed-out', killed: now.killed, durationMs: timeoutMs }
      case 'cancel':
      case 'outlasts':
        await interrupted(now.kind, signal)
        return exited(0)
      default:
        strike(now.kind)
        return lost
    }
  }

  const askedIfThere = async (signal: AbortSignal): Promise<RawExecResult> => {
    const how = fate?.atEnd ?? 'stays'
    if (fate?.endSays !== undefined) say(words[fate.endSays])
    if (how === 'cancel' || how === 'outlasts') await interrupted(how, signal)
    if (how === 'stops') {
      setTimeout(() => {
        strike('powers-off')
      }, 1000)
      return exited(1)
    }
    if (!isDisaster(how)) return exited(0)
    strike(how)
    return lost
  }

  const askedToReboot = async (signal: AbortSignal): Promise<RawExecResult> => {
    const { reboot, says } = stepFate()
    if (says !== undefined) say(words[says])
    if (reboot === 'cancel' || reboot === 'outlasts') await interrupted(reboot, signal)
    if (reboot === 'refused') return exited(1)
    connection.open = false
    return exited(0)
  }

  const session = (boot: number, own: { readonly open: boolean }): Session => ({
    machine: 'machine',
    user: 'root',
    bootId: `boot-${boot}`,
    os: { id: 'paper', version: '', kernel: '1' },
    hasBash: true,
    hasJournal: false,
    isLost: () => !own.open,
    exec: async (request, signal) => {
      signal.throwIfAborted()
      if (!own.open) return lost
      if (request.script.includes('is-system-running')) return askedIfThere(signal)
      return request.script.includes('reboot') ? askedToReboot(signal) : attempt(request, signal)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })

  // What happens instead of a login; nothing when there is one.
  const comesUp = async (again: boolean, signal: AbortSignal): Promise<'login' | 'late' | 'silent'> => {
    await systemClock.sleep(100, signal)
    if (again) {
      const { reboot } = stepFate()
      if (reboot === 'never-back') return 'late'
      if (isDisaster(reboot)) {
        if (reboot === 'resets') for (let reset = 0; reset < 5; reset += 1) strike('resets')
        else strike(reboot)
        return 'silent'
      }
      return 'login'
    }
    const { boot = 'ready', bootSays } = fate ?? {}
    if (bootSays !== undefined) say(`[    0.000000] Linux version 6.1\n${words[bootSays]}`)
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
          say('[    0.000000] Linux version 6.1\n')
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

  return {
    started: () => started,
    at: (next) => {
      step = next
      tries = 0
    },
    provider: (kind) => ({
      name: 'qemu',
      plan: () => Promise.resolve({ accelerator: { kind, reason: 'on paper', slowdown: 1 }, tool: 'paper' }),
      start: (_requests, _plan, _context, listen) => {
        started += 1
        fate = machines[Math.min(started, machines.length) - 1]
        if (fate?.boot === 'not-started') return Promise.reject(new StartError('QEMU refuses', [], '', { hint: '' }))
        listener = listen('machine')
        answers = true
        over = false
        listener.event({ kind: 'running', atMs: systemClock.now() })
        const machine: Machine = {
          name: 'machine',
          firmware: 'bios',
          argv: [],
          endpoint: () => Promise.resolve({ host: 'paper', port: 22 }),
          power: () => Promise.resolve(),
          screenshot: () => Promise.resolve(undefined),
          answers: () => Promise.resolve(answers),
          stderr: () => '',
        }
        return Promise.resolve({
          id: 'main',
          machines: new Map([['machine', machine]]),
          [Symbol.asyncDispose]: () => {
            end(0, undefined)
            return Promise.resolve()
          },
        })
      },
    }),
    waitReady: async ({ failure, deadlineMs, signal, atDeadline, onStage, notBootId }) => {
      signal.throwIfAborted()
      const stop = new AbortController()
      const either = AbortSignal.any([signal, stop.signal])
      const ssh = {
        refused: 9,
        silent: 0,
        banners: 0,
        loginsRefused: [],
        refusal: undefined,
        hostKeyMismatches: 0,
        noLogin: undefined,
        boots: 0,
        permanent: undefined,
        last: undefined,
      }
      const waiting = async (): Promise<Ready> => {
        const how = await comesUp(notBootId !== undefined, either)
        if (how !== 'silent') {
          onStage('sshd')
          ssh.banners += 1
        }
        if (how === 'login') {
          for (const stage of ['login', 'ready'] as const) onStage(stage)
          connection = { open: true }
          return {
            session: session(started * 1000 + systemClock.now(), connection),
            cloudInit: undefined,
            talkative: undefined,
            hostKey: 'SHA256:paper',
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
        stop.abort(new JobError('infra-error', 'no longer waited for', { hint: '' }))
      }
    },
  }
}
