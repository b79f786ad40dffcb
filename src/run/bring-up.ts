// One machine of a bench: watched from before its power-on, brought up, and read to its end.
import { answersSoon } from '../guest/alive'
import { createJournal, type Journal } from '../guest/journal-findings'
import type { Login } from '../access/login'
import type { LiveMachine } from '../guest/live'
import { liveMachine } from '../guest/reboots'
import { watchMachine, type Watch } from '../guest/watch'
import type { Job } from '../config/job'
import { systemClock } from '../lib/clock'
import type { Machine, PlannedMachine } from '../machines/provider'
import type { OsFacts } from '../results'
import { recordBoots } from './boots'
import { blameHost } from './host-fault'
import { readiness, type ReadinessRequest } from './readiness'
import type { Recorder } from './recorder'

export interface GuestWatchRequest extends Pick<ReadinessRequest, 'guest' | 'user' | 'waitReady'> {
  readonly planned: PlannedMachine
  readonly policy: Job['findings']
  readonly recorder: Recorder
  readonly attempt: number
}

export interface Watched {
  readonly watch: Watch
  readonly failed: (error: unknown) => void // its boot, before it was brought up
  // Waits until it is ready. When it fails, its last words and screen are recorded. boot-failed | infra-error | image-error
  readonly bringUp: (machine: Machine, signal: AbortSignal) => Promise<UpMachine>
}

// A machine that is up.
export interface UpMachine {
  readonly machine: Machine
  readonly live: LiveMachine
  readonly login: Login
  readonly watch: Watch
  readonly journal: Journal
  readonly readJournal: (signal: AbortSignal) => Promise<void> // of the boot so far
}

export const watchGuest = (request: GuestWatchRequest): Watched => {
  const { guest, planned, policy, recorder, attempt } = request
  const { spec } = guest
  const { accelerator } = planned
  const { bootTimeout } = spec
  const bootTimeoutMs = bootTimeout.ms * (bootTimeout.written ? 1 : accelerator.slowdown)
  const boots = recordBoots(spec.name, attempt, recorder)
  let live: LiveMachine | undefined
  const watch = watchMachine({
    machine: spec.name,
    runBy: planned.runBy,
    policy,
    accelerator: accelerator.kind,
    startMs: recorder.startMs,
    onConsole: recorder.consoleSink(spec.name),
    onLine: (text) => {
      recorder.emit({ kind: 'console', machine: spec.name, text })
    },
    onPowerOn: boots.poweredOn,
    onStage: boots.stage,
    onFinding: recorder.finding,
    onSelfReboot: boots.rebootedItself,
    answers: () => (live ? answersSoon(live.session(), accelerator.slowdown) : Promise.resolve(false)),
  })
  const journal = createJournal({ machine: spec.name, policy, accelerator, recorder, console: watch.diagnosis })
  const ready = readiness({ ...request, accelerator, watch })
  return {
    watch,
    failed: boots.failed,
    bringUp: async (machine, signal) => {
      try {
        const limits = { deadlineMs: systemClock.now() + bootTimeoutMs, limitMs: bootTimeoutMs }
        const { session, login, cloudInit, talkative } = await ready(machine, limits, signal)
        watch.setPhase('running')
        for (const found of [cloudInit, talkative]) if (found) watch.diagnosis.report(found, systemClock.now() - recorder.startMs)
        boots.ready()
        recorder.os(spec.name, session.os)
        const up = (live = liveMachine({
          name: spec.name,
          facts: factsOf(session.os, planned, spec.provider),
          bootTimeoutMs,
          session,
          watch,
          ready: (deadlineMs, limitMs, notBootId, signal) => ready(machine, { deadlineMs, limitMs, notBootId }, signal),
          beforeReboot: (last, signal) => journal.read(last, boots.stages(), signal),
          openReboot: boots.rebootAsked,
        }))
        return { machine, live: up, login, watch, journal, readJournal: (signal) => journal.read(up.session(), boots.stages(), signal) }
      } catch (thrown) {
        const error = await blameHost(thrown, machine, watch.failed())
        boots.failed(error)
        await recorder.lastWords(spec.name, machine.evidence())
        throw error
      }
    },
  }
}

const factsOf = (os: OsFacts | undefined, { arch, accelerator }: PlannedMachine, provider: string): LiveMachine['facts'] => ({
  distro: os?.id,
  version: os?.version === '' ? undefined : os?.version,
  variant: os?.variant,
  arch,
  provider,
  accelerator: accelerator.kind,
})
