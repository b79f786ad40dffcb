import type { Job, MachineSpec } from '../config/job'
import { JobError, type Stage } from '../errors'
import { answersSoon } from '../guest/alive'
import { throwAwayKeys, type Keys } from '../access/keys'
import type { Login } from '../access/login'
import { loginsOf } from '../access/logins'
import type { Ready, SshAttempts, waitReady } from '../guest/ready/ready'
import { asksForShutdown } from '../guest/shutdown'
import type { Session } from '../guest/session'
import { watchMachine, type Watch } from '../guest/watch'
import type { Disks } from '../images/disks'
import { systemClock } from '../lib/clock'
import { StartError, type Context, type Machine, type MachineRequest, type Plan, type Provider, type Testbed } from '../machines/provider'
import type { OsFacts } from '../results'
import type { LiveMachine } from '../guest/live'
import { deadlineError } from '../diagnosis/sentences/deadline'
import { blameHost } from './host-fault'
import { createJournal, type Journal, type ReachedStage } from '../guest/journal-findings'
import { provision, type Provisioned } from '../access/provisioning'
import { liveMachine } from '../guest/reboots'
import type { BootRecord, Recorder } from './recorder'
import { unmetWishes } from '../machines/qemu/fit/made-for'
import type { Target } from '../machines/qemu/fit/target'
import { hostKeyNote, machineAdvice } from '../access/box-logins'

// Keys are made once for a run; a machine of a later attempt takes the same.
export interface RunKeys {
  readonly user: Keys
  readonly host: Keys
}

export const makeRunKeys = (): RunKeys => ({ user: throwAwayKeys(), host: throwAwayKeys() })

const machineRequest = (
  { spec, image, target }: BootRequest,
  { seed, hostKeys }: Pick<Provisioned, 'seed' | 'hostKeys'>,
): MachineRequest => ({
  name: spec.name,
  image,
  arch: target.arch,
  memoryBytes: spec.memoryBytes,
  cpus: spec.cpus,
  ...(target.diskBytes === undefined ? {} : { diskBytes: target.diskBytes }),
  ...(target.sectorBytes === undefined ? {} : { sectorBytes: target.sectorBytes }),
  firmware: target.firmware,
  hardware: { ...spec.hardware, diskBus: target.bus, nic: target.nic },
  ...(hostKeys === undefined ? {} : { hostKeys }),
  seed,
  qemuArgs: spec.qemuArgs,
})

export interface BootRequest {
  readonly job: Job
  readonly spec: MachineSpec
  readonly image: Disks
  readonly target: Target
  readonly credentials: RunKeys
  readonly provider: Provider
  readonly plan: Plan
  readonly context: Context
  readonly waitReady: typeof waitReady
  readonly recorder: Recorder
  readonly attempt: number
}

export interface Booted {
  readonly testbed: Testbed
  readonly live: LiveMachine
  readonly os: OsFacts | undefined
  readonly watch: Watch
  readonly journal: Journal
  readonly machine: Machine
  readJournal(signal: AbortSignal): Promise<void> // of the boot so far
  end(): Promise<void>
}

// One attempt: starts the machine and waits until it is ready. On failure the machine's last words and screen are recorded and it is
// gone when the error is thrown. boot-failed | infra-error | image-error
export const boot = async (request: BootRequest): Promise<Booted> => {
  const { job, spec, image, target, credentials, provider, plan, context, recorder, attempt } = request
  const provisioned = provision({ spec, image, ...credentials })
  const openBoot = (): BootRecord => recorder.openBoot(spec.name, attempt, attempt === 1 ? 'first' : 'retry')
  let record = openBoot()
  let live: LiveMachine | undefined
  let stages: ReachedStage[] = [] // of the boot at hand
  const openReboot = (count: number): BootRecord => {
    stages = []
    return (record = recorder.openBoot(spec.name, count, 'reboot'))
  }
  const watch = watchMachine({
    machine: spec.name,
    policy: job.findings,
    accelerator: plan.accelerator.kind,
    startMs: recorder.startMs,
    onConsole: recorder.consoleSink(spec.name),
    onLine: (text) => {
      recorder.emit({ kind: 'console', machine: spec.name, text })
    },
    onPowerOn: (atMs) => {
      record.poweredOn(atMs)
    },
    onStage: (stage, atMs) => {
      stages.push({ stage, atMs })
      record.stage(stage, atMs)
      recorder.emit({ kind: 'stage', machine: spec.name, stage, sinceStartMs: atMs - record.startedAtMs() })
    },
    onFinding: recorder.finding,
    onSelfReboot: (atMs) => {
      // Firmware resets a machine too, before any system has started.
      if (!stages.some(({ stage }) => isOfSystem(stage))) return
      stages = []
      record.end('rebooted', 'the machine rebooted itself before it was ready')
      recorder.emit({ kind: 'note', text: `${spec.name} rebooted itself in its first boot; the wait goes on` })
      record = openBoot()
      record.poweredOn(atMs)
    },
    answers: () => (live ? answersSoon(live.session(), plan.accelerator.slowdown) : Promise.resolve(false)),
  })
  const journal = createJournal({
    machine: spec.name,
    policy: job.findings,
    accelerator: plan.accelerator,
    recorder,
    console: watch.diagnosis,
  })
  const logins = loginsOf({
    access: spec.access,
    image,
    provisionedUser: provisioned.user,
    keys: credentials.user,
    consoleUser: watch.consoleUser,
  })
  const slowdown = spec.bootTimeout.written ? 1 : plan.accelerator.slowdown
  const ownLogin = spec.access.password !== undefined || spec.access.sshKey !== undefined
  let testbed: Testbed | undefined
  let machine: Machine | undefined
  let trusted: string | undefined // host key of a box
  const ready = (deadlineMs: number, limitMs: number, notBootId: string | undefined, signal: AbortSignal): Promise<Ready> => {
    if (!machine) throw new RangeError('not started')
    const { name } = machine
    const startedMs = systemClock.now()
    // A host key that stays wrong is told before the limit.
    const waitedMs = (): number => Math.min(limitMs, systemClock.now() - startedMs)
    return machine.endpoint(signal).then(async (endpoint) => {
      const found = await request.waitReady({
        machine: name,
        endpoint,
        logins,
        failure: watch.failure,
        deadlineMs,
        slowdown: plan.accelerator.slowdown,
        signal,
        ...(ownLogin
          ? {
              onOwnHostKey: () => {
                recorder.warn(ownHostKey)
              },
            }
          : {}),
        waitForCloudInit: notBootId === undefined,
        asksForShutdown: asksForShutdown(spec.access.userData?.text),
        ...(notBootId === undefined ? {} : { notBootId }),
        onStage: (stage) => {
          watch.reach(stage, systemClock.now())
        },
        atDeadline: (attempts) =>
          doubted(tooLate(request, watch, attempts, waitedMs(), logins(), recorder.startMs), attempts, provisioned.doubt),
      })
      const note = image.box && hostKeyNote(found.hostKey, trusted)
      if (note !== undefined) recorder.warn(note)
      trusted = found.hostKey
      return found
    })
  }
  const end = async (): Promise<void> => {
    watch.setPhase('ending')
    await testbed?.[Symbol.asyncDispose]()
    watch.diagnosis.flush() // what is told later would be told of the next machine
  }
  try {
    const asked = machineRequest(request, provisioned)
    recorder.seed(spec.name, asked.seed.files)
    if (attempt === 1)
      [
        ...(provisioned.doubt === undefined ? [] : [provisioned.doubt]),
        ...unmetWishes(image, target, spec.hardware),
        ...(image.box ? machineAdvice(image.madeFor ?? {}, spec) : []),
      ].forEach(recorder.warn)
    testbed = await provider.start([asked], plan, context, () => watch)
    machine = testbed.machines.get(spec.name)
    if (!machine) throw new RangeError(`no machine ${spec.name}`)
    recorder.machineStarted(spec.name, machine)
    const limitMs = spec.bootTimeout.ms * slowdown
    const { session, cloudInit, talkative } = await ready(systemClock.now() + limitMs, limitMs, undefined, context.signal)
    watch.setPhase('running')
    for (const found of [cloudInit, talkative]) if (found) watch.diagnosis.report(found, systemClock.now() - recorder.startMs)
    record.end('ready')
    const beforeReboot = (last: Session, signal: AbortSignal): Promise<void> => journal.read(last, stages, signal)
    const up = (live = liveMachine({
      name: spec.name,
      facts: factsOf(session.os, asked, plan),
      session,
      watch,
      ready,
      beforeReboot,
      openReboot,
    }))
    const readJournal = (signal: AbortSignal): Promise<void> => journal.read(up.session(), stages, signal)
    return { testbed, live: up, os: session.os, watch, journal, machine, readJournal, end }
  } catch (thrown) {
    const error = machine ? await blameHost(thrown, machine, watch.failed()) : thrown
    record.end(error instanceof JobError ? error.outcome : 'infra-error', error instanceof Error ? error.message : String(error))
    const last = machine ?? startOf(thrown)
    if (last) await recorder.lastWords(spec.name, last)
    await end()
    throw error
  }
}

// What there is to say of a machine that did not even start.
const startOf = (error: unknown): Pick<Machine, 'argv' | 'stderr' | 'screenshot'> | undefined =>
  error instanceof StartError ? { argv: error.argv, stderr: () => error.stderr, screenshot: () => Promise.resolve(undefined) } : undefined

const isOfSystem = (stage: Stage): boolean => stage !== 'firmware' && stage !== 'bootloader'

const ownHostKey =
  'the guest has host keys of its own: cloud-init is absent or disabled, or did not take the seed; it is logged in to with what the job gives'

const factsOf = (os: OsFacts | undefined, { arch }: MachineRequest, { accelerator }: Plan): LiveMachine['facts'] => ({
  distro: os?.id,
  version: os?.version === '' ? undefined : os?.version,
  variant: os?.variant,
  arch,
  provider: 'qemu',
  accelerator: accelerator.kind,
})

// A login that was refused for a reason that was known before.
const doubted = (error: JobError, { loginsRefused }: SshAttempts, doubt: string | undefined): JobError => {
  if (doubt === undefined || loginsRefused.length === 0) return error
  const { outcome, message, machine, stage, excerpt } = error
  return new JobError(outcome, `${message}: ${doubt}`, { hint: `Your user-data is the cause, not the image.`, machine, stage, excerpt })
}

// Whatever tells of something new so shortly before the end was getting on.
const movingMs = 10_000

const tooLate = (
  { spec, plan }: BootRequest,
  watch: Watch,
  attempts: SshAttempts,
  waitedMs: number,
  logins: readonly Login[],
  startMs: number,
): JobError => {
  const { kind, slowdown } = plan.accelerator
  const { movedAtMs = -Infinity } = watch.diagnosis.notes
  return deadlineError({
    machine: spec.name,
    diagnosis: watch.diagnosis,
    booting: watch.phase() === 'booting',
    ssh: { ...attempts, users: [...new Set(logins.map(({ user }) => user))] },
    waitedMs,
    moving: systemClock.now() - startMs - movedAtMs < Math.min(movingMs * slowdown, waitedMs / 4),
    accelerator: kind,
    chosen: spec.accelerator === 'auto',
  })
}
