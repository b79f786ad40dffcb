// Paper machines that are up, for what runs on machines: their watch and their reboots are real.
import { JobError } from '../../../src/errors'
import type { ExecRequest } from '../../../src/guest/command/request'
import { watchMachine } from '../../../src/guest/watch'
import { systemClock } from '../../../src/lib/clock'
import { liveMachine } from '../../../src/guest/reboots'
import type { LiveMachine } from '../../../src/guest/live'
import { paperMachine } from './machine'
import { paperReady } from './ready'
import { paperGuest } from './session'
import type { MachineFate, StepFate } from './story'

export interface PaperLive extends LiveMachine {
  readonly end: () => void
  readonly asked: readonly ExecRequest[] // so far
  readonly tests: readonly (string | undefined)[] // to which findings belonged, one after the other
}

export interface LiveRequest {
  readonly name?: string
  readonly fates?: Readonly<Record<string, Partial<StepFate>>> // by script; 'reboot' is the reboot's
  readonly machine?: Partial<MachineFate>
  readonly facts?: Partial<LiveMachine['facts']>
  readonly cancel?: () => void
}

const tooLate = (): JobError => new JobError('boot-failed', 'not ready in time', { hint: '' })

export const paperLive = ({ name = 'machine', fates = {}, machine, facts, cancel = () => undefined }: LiveRequest = {}): PaperLive => {
  const scripts = Object.keys(fates)
  const steps = Object.values(fates).map((fate): StepFate => ({ tries: [], reboot: 'comes-back', ...fate }))
  const fate: MachineFate = { boot: 'ready', atEnd: 'stays', ...machine, steps }
  const nothing = (): void => undefined
  const watch = watchMachine({
    ...{ machine: name, runBy: 'QEMU', policy: { failOn: 'default', ignore: [], require: [] }, accelerator: 'kvm', startMs: 0 },
    ...{ onConsole: nothing, onLine: nothing, onPowerOn: nothing, onStage: nothing, onFinding: nothing },
  })
  const paper = paperMachine({ name, fate, listener: watch, cancel })
  const guest = paperGuest(paper, (script) => {
    const step = scripts.indexOf(script.includes('systemctl reboot') ? 'reboot' : script)
    return step === -1 ? undefined : step
  })
  const asked: ExecRequest[] = []
  const tests: (string | undefined)[] = []
  const session = guest.session('boot-0', paper.connect())
  const waitReady = paperReady(() => ({ ...paper, guest, number: 1 }))
  watch.setPhase('running')
  const live = liveMachine({
    name,
    facts: { distro: 'paper', version: '44', variant: undefined, arch: 'x86_64', provider: 'qemu', accelerator: 'kvm', ...facts },
    bootTimeoutMs: 5000,
    session: {
      ...session,
      exec: (request, signal) => {
        asked.push(request)
        return session.exec(request, signal)
      },
    },
    watch,
    ready: (deadlineMs, _limitMs, notBootId, signal) =>
      waitReady({
        ...{ machine: name, endpoint: { host: 'paper', port: 22 }, logins: () => [], failure: watch.failure, deadlineMs, slowdown: 1 },
        ...{ signal, onStage: nothing, atDeadline: tooLate, waitForCloudInit: false, notBootId },
      }),
    beforeReboot: () => Promise.resolve(),
    openReboot: () => ({ startedAtMs: () => systemClock.now(), poweredOn: nothing, stage: nothing, end: nothing }),
  })
  return {
    ...live,
    ...{ asked, tests },
    end: () => {
      watch.setPhase('ending')
      paper.end()
    },
    setTest: (id) => {
      tests.push(id)
      live.setTest(id)
    },
  }
}
