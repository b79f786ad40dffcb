import { randomUUID } from 'node:crypto'
import type { Job, MachineSpec } from '../config/job'
import { JobError, type Stage } from '../errors'
import { throwAwayKey, type KeyPair } from '../guest/keys'
import type { Login } from '../guest/login'
import { usualUser } from '../guest/login-user'
import { waitReady, type Ready, type SshAttempts } from '../guest/ready'
import type { Session } from '../guest/session'
import { watchMachine, type Watch } from '../guest/watch'
import type { Disks } from '../images/disks'
import { systemClock } from '../lib/clock'
import { noCloudSeed } from '../machines/nocloud'
import type { Context, Machine, MachineRequest, Plan, Provider, Testbed } from '../machines/provider'
import type { OsFacts } from '../results'
import type { LiveMachine } from '../tests/live'
import { explainDeadline } from '../diagnosis'
import { blameHost } from './host-fault'
import { createJournal, type Journal, type ReachedStage } from './journal'
import type { BootRecord, Recorder } from './recorder'

// Keys are made once for a run; a machine of a later attempt takes the same.
export interface Credentials {
  readonly user: KeyPair
  readonly host: KeyPair
}

export const makeCredentials = (): Credentials => ({ user: throwAwayKey(), host: throwAwayKey() })

export const machineRequest = (spec: MachineSpec, image: Disks, { user, host }: Credentials, job: Job): MachineRequest => ({
  name: spec.name,
  image,
  arch: spec.image.arch ?? 'x86_64',
  memoryBytes: spec.memoryBytes,
  cpus: spec.cpus,
  ...(spec.diskBytes === undefined ? {} : { diskBytes: spec.diskBytes }),
  firmware: spec.firmware,
  hostKey: host.public,
  seed: noCloudSeed({
    instanceId: `image-test-${randomUUID()}`,
    hostname: spec.name === 'machine' ? 'image-test' : spec.name,
    authorizedKey: user.public,
    hostKey: host,
    ...(spec.password === undefined ? {} : { password: spec.password }),
    ...(job.userData === undefined ? {} : { userData: job.userData.text }),
  }),
  qemuArgs: job.qemuArgs,
})

export interface BootRequest {
  readonly job: Job
  readonly spec: MachineSpec
  readonly image: Disks
  readonly credentials: Credentials
  readonly provider: Provider
  readonly plan: Plan
  readonly context: Context
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
  const { job, spec, image, credentials, provider, plan, context, recorder, attempt } = request
  let record = recorder.openBoot(spec.name, attempt, attempt === 1 ? 'first' : 'retry')
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
  })
  const journal = createJournal({
    machine: spec.name,
    policy: job.findings,
    accelerator: plan.accelerator,
    recorder,
    console: watch.diagnosis,
  })
  const logins = loginsOf(spec, image, credentials, watch)
  const slowdown = job.bootTimeout.written ? 1 : plan.accelerator.slowdown
  const ownLogin = spec.password !== undefined || spec.sshKey !== undefined
  let testbed: Testbed | undefined
  let machine: Machine | undefined
  const ready = (deadlineMs: number, limitMs: number, notBootId: string | undefined, signal: AbortSignal): Promise<Ready> => {
    if (!machine) throw new RangeError('not started')
    const { name } = machine
    const startedMs = systemClock.now()
    // A host key that stays wrong is told before the limit.
    const waitedMs = (): number => Math.min(limitMs, systemClock.now() - startedMs)
    return machine.endpoint(signal).then((endpoint) =>
      waitReady({
        machine: name,
        endpoint,
        logins,
        failure: watch.failure,
        deadlineMs,
        signal,
        ...(ownLogin
          ? {
              onOwnHostKey: () => {
                recorder.warn(ownHostKey)
              },
            }
          : {}),
        waitForCloudInit: notBootId === undefined,
        ...(notBootId === undefined ? {} : { notBootId }),
        onStage: (stage) => {
          watch.reach(stage, systemClock.now())
        },
        atDeadline: (attempts) => deadlineError(request, watch, attempts, waitedMs(), logins()),
      }),
    )
  }
  const end = async (): Promise<void> => {
    watch.setPhase('ending')
    await testbed?.[Symbol.asyncDispose]()
  }
  try {
    const asked = machineRequest(spec, image, credentials, job)
    recorder.seed(spec.name, asked.seed)
    testbed = await provider.start([asked], plan, context, () => watch)
    machine = testbed.machines.get(spec.name)
    if (!machine) throw new RangeError(`no machine ${spec.name}`)
    recorder.machineStarted(spec.name, machine)
    const limitMs = job.bootTimeout.ms * slowdown
    const { session, cloudInit } = await ready(systemClock.now() + limitMs, limitMs, undefined, context.signal)
    watch.setPhase('running')
    if (cloudInit) watch.diagnosis.report(cloudInit.rule, cloudInit.severity, cloudInit.text, systemClock.now() - recorder.startMs)
    record.end('ready')
    const beforeReboot = (last: Session, signal: AbortSignal): Promise<void> => journal.read(last, stages, signal)
    const live = liveMachine({ spec, facts: factsOf(session.os, asked, plan), session, watch, ready, beforeReboot, openReboot })
    const readJournal = (signal: AbortSignal): Promise<void> => journal.read(live.session(), stages, signal)
    return { testbed, live, os: session.os, watch, journal, machine, readJournal, end }
  } catch (thrown) {
    const error = machine ? await blameHost(thrown, machine, watch.failed() !== undefined) : thrown
    record.end(error instanceof JobError ? error.outcome : 'infra-error', error instanceof Error ? error.message : String(error))
    if (machine) await recorder.lastWords(spec.name, machine)
    await end()
    throw error
  }
}

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

interface LiveRequest {
  readonly spec: MachineSpec
  readonly facts: LiveMachine['facts']
  readonly session: Session
  readonly watch: Watch
  readonly ready: (deadlineMs: number, limitMs: number, notBootId: string, signal: AbortSignal) => Promise<Ready>
  readonly beforeReboot: (session: Session, signal: AbortSignal) => Promise<void>
  readonly openReboot: (count: number) => BootRecord
}

const liveMachine = ({ spec, facts, session: first, watch, ready, beforeReboot, openReboot }: LiveRequest): LiveMachine => {
  let session = first
  let reboots = 0
  return {
    name: spec.name,
    facts,
    session: () => session,
    failure: watch.failure,
    failed: watch.failed,
    setTest: (id) => {
      watch.diagnosis.setTest(id)
    },
    reboot: async (timeoutMs, signal) => {
      await beforeReboot(session, signal)
      reboots += 1
      const record = openReboot(reboots)
      watch.setPhase('rebooting')
      try {
        await askForReboot(session, signal)
        const next = await ready(systemClock.now() + timeoutMs, timeoutMs, session.bootId, signal)
        await session[Symbol.asyncDispose]()
        session = next.session
        watch.setPhase('running')
        record.end('ready')
      } catch (error) {
        const lost = error instanceof JobError && error.outcome === 'boot-failed' ? asLost(error) : error
        record.end(lost instanceof JobError ? lost.outcome : 'infra-error', lost instanceof Error ? lost.message : String(lost))
        throw lost
      }
    },
  }
}

// The answer comes before the connection is cut: the reboot itself is left to a process of its own.
const askForReboot = async (session: Session, signal: AbortSignal): Promise<void> => {
  let said = ''
  const result = await session.exec(
    {
      script: '(sleep 0.3; systemctl reboot || reboot) >/dev/null 2>&1 &',
      shell: 'sh {0}',
      ...(session.user === 'root' ? {} : { as: 'root' }),
      env: {},
      timeoutMs: 30_000,
      killGraceMs: 1000,
      onOutput: (_stream, chunk) => (said += Buffer.from(chunk).toString().slice(0, 1000)),
    },
    signal,
  )
  if (result.kind === 'exited' && result.code === 0) return
  throw new JobError('guest-lost', `the guest could not be told to reboot: ${said.trim() || result.kind}`, {
    hint: `A reboot needs root: the login user ${session.user} must be allowed sudo without a password.`,
    stage: 'ready',
  })
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

const loginsOf = (spec: MachineSpec, image: Disks, { user }: Credentials, watch: Watch) => {
  const auths: Login['auth'][] = [
    { kind: 'key', privateKey: user.private },
    ...(spec.sshKey === undefined ? [] : [{ kind: 'key' as const, privateKey: spec.sshKey }]),
    ...(spec.password === undefined ? [] : [{ kind: 'password' as const, password: spec.password }]),
  ]
  const asked = spec.image.loginUser ?? image.loginUser
  return (): readonly Login[] => {
    const name = image.facts.asked.split('/').at(-1) ?? ''
    const users = asked === undefined ? unique([watch.consoleUser(), usualUser(name), ...usualUsers]) : [asked]
    return users.flatMap((name) => auths.map((auth) => ({ user: name, auth })))
  }
}

// Tried in turn when neither the job nor the image's name nor its console tells the user.
const usualUsers = ['fedora', 'cloud-user', 'debian', 'ubuntu', 'almalinux', 'rocky', 'root']

const unique = (names: readonly (string | undefined)[]): string[] => [...new Set(names.filter((name) => name !== undefined))]

const deadlineError = (
  { spec, job, plan }: BootRequest,
  watch: Watch,
  attempts: SshAttempts,
  waitedMs: number,
  logins: readonly Login[],
): JobError => {
  const stage: Stage = watch.diagnosis.stage
  const { message, hint, excerpt } = explainDeadline({
    stage,
    findings: watch.diagnosis.findings,
    lastLines: watch.diagnosis.recent(40).split('\n'),
    waitedMs,
    ssh: { ...attempts, users: unique(logins.map(({ user }) => user)) },
  })
  // Broken virtualisation can let the firmware run, or the probe, and nothing else; under emulation the image gets its chance.
  const silent = stage === 'firmware' && attempts.banners === 0 && watch.phase() === 'booting'
  if (silent && plan.accelerator.kind === 'kvm' && job.accelerator === 'auto') {
    return new JobError('infra-error', `${message}, under KVM`, {
      hint: 'KVM on this host may not run guests: set `accelerator: tcg`, or `kvm` to rule that out.',
      machine: spec.name,
      stage,
      excerpt,
    })
  }
  return new JobError('boot-failed', message, { hint, machine: spec.name, stage, excerpt })
}
