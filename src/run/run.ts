// The job, top to bottom: image → machine → session → tests → result; nothing is left behind.
import { join } from 'node:path'
import type { Job, MachineSpec } from '../config/job'
import { missingFindings } from '../diagnosis'
import { JobError, toJobError } from '../errors'
import type { Architecture } from '../lib/architecture'
import type { Disks } from '../images/disks'
import { atMost } from '../lib/at-most'
import { systemClock } from '../lib/clock'
import { unlessAborted } from '../lib/unless-aborted'
import { emulationSlowdown } from '../machines/qemu/accelerator'
import type { Provider } from '../machines/provider'
import type { RunResult } from '../results'
import { untilTested, type Kind } from './attempts'
import { boot, type BootRequest, type Booted } from './boot'
import { endingOf, type JobEnd } from './ending'
import { hold } from './hold'
import { blameHost } from './host-fault'
import { imageCacheDir } from '../host/places'
import { jobLimit, type JobLimit } from './limit'
import { outside as real, type Outside } from './outside'
import type { Recorder } from './recorder'
import { chooseTarget, likelyArchitecture, type Target } from '../machines/qemu/fit/target'
import { cleanUp, type Workspace } from '../host/workspace'
import { runTests } from '../steps/parts'
import { requireAlive } from '../steps/loss'
import { verdictOf } from '../steps/outcome'
import type { TestContext } from '../steps/kinds/run'

export interface RunRequest {
  readonly job: Job
  readonly workspace: Workspace
  readonly recorder: Recorder
  readonly capture: TestContext['capture']
  readonly signal: AbortSignal // aborted with a JobError('cancelled') on SIGINT and SIGTERM
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly acceleratorCache: string
  readonly onVerdict?: (result: RunResult) => void // told before the clean-up, which takes its time
  readonly outside?: Outside
  readonly keep: boolean // after the tests, leave the machine up until the signal
}

// Runs a job and tells how it went; throws nothing. Everything the run made is gone when it resolves.
export const runJob = async (request: RunRequest): Promise<RunResult> => {
  const { job, workspace, recorder, outside = real } = request
  const limit = jobLimit(job, request.signal)
  let ending: JobEnd
  try {
    await work({ ...request, outside, limit, signal: limit.signal, told: request.signal })
    ending = verdictOf(recorder.tests(), recorder.findings())
  } catch (thrown) {
    const error = toJobError(limit.signal.aborted ? limit.signal.reason : thrown)
    ending = endingOf(error, { tests: recorder.tests(), findings: recorder.findings() })
  } finally {
    limit.clear()
  }
  const stoodStillMs = limit.stoodStillMs()
  if (stoodStillMs > 0) recorder.warn(`the host stood still for ${Math.round(stoodStillMs / 1000)} s, which no limit counts`)
  request.onVerdict?.(recorder.result({ ...ending, cleanup: { removed: 0, left: [] } }))
  recorder.phase('cleanup', 'Clean up')
  const cleanup = await cleanUp(workspace.ledger.file)
  for (const left of cleanup.left) recorder.warn(`could not be removed: ${left}`)
  return recorder.result({ ...ending, cleanup })
}

type Work = RunRequest & { readonly limit: JobLimit; readonly outside: Outside; readonly told: AbortSignal } // told: by the user alone

const work = async (request: Work): Promise<void> => {
  const { job, recorder, signal, limit, workspace, acceleratorCache, outside } = request
  recorder.phase('prepare', 'Prepare the host and the image')
  const [spec] = job.machines
  if (!spec) throw new RangeError('a job has a machine')
  const credentials = outside.makeRunKeys()
  const context = { signal, dir: workspace.dir, marker: workspace.marker }
  const mayOpenKvm = request.env['RUNNER_ENVIRONMENT'] === 'github-hosted'
  const providerFor = (arch: Architecture, accelerator = spec.accelerator): Provider =>
    outside.provider({ arch, accelerator, accelerators: acceleratorCache, mayOpenKvm })
  const planFor = async (kind: Pick<Target, 'arch'> & Partial<Target>) => {
    await prepareHost(request, spec, kind)
    const provider = providerFor(kind.arch)
    return { provider, plan: await provider.plan(context) }
  }
  const likely = likelyArchitecture(spec)
  const planning = planFor({ arch: likely, ...(spec.firmware === 'auto' ? {} : { firmware: spec.firmware }) })
  const [{ image, target }, planned] = await allOrFirstError([obtain(spec, request), planning])
  const first = { target, ...(target.arch === likely ? planned : await planFor(target)) }
  await prepareHost(request, spec, target)
  const attempt = async (kind: Kind, attempt: number): Promise<void> => {
    recorder.accelerator(kind.plan.accelerator, kind.plan.tool)
    limit.run(kind.plan.accelerator.slowdown)
    const dir = join(workspace.dir, `attempt-${attempt}`)
    try {
      await bootAndTest({
        ...request,
        ...kind,
        waitReady: outside.waitReady,
        spec,
        image,
        credentials,
        context: { ...context, dir },
        attempt,
      })
    } finally {
      // The next one needs the room. What cannot be removed is left to the clean-up, which tells.
      await outside.removeFolder(dir).catch(() => undefined)
    }
  }
  const emulated = async (kind: Kind): Promise<Kind> => {
    const provider = providerFor(target.arch, 'tcg')
    const reason = 'KVM answered the probe, but the guest did not get past its firmware under it'
    return {
      ...kind,
      provider,
      plan: { ...(await provider.plan(context)), accelerator: { kind: 'tcg', reason, slowdown: emulationSlowdown } },
    }
  }
  let finished = false
  try {
    await untilTested({ job, recorder, signal, first, bootAndTest: attempt, emulated })
    finished = true
  } catch (error) {
    if (!signal.aborted) limit.clear() // it ended the job: a cancel after it changes nothing
    throw error
  } finally {
    // A failure is told at once; a verdict that says more than that waits for the digest.
    const proof = prove(image, spec, recorder)
    proof.catch(() => undefined) // also when nobody waits for it any more
    await (finished ? unlessAborted(proof, signal) : atMost(proofPatienceMs, proof))
  }
}

const proofPatienceMs = 500

const prepareHost = (
  { recorder, signal, workspace, outside }: Work,
  { hardware }: MachineSpec,
  { arch, firmware }: Pick<Target, 'arch'> & Partial<Target>,
): Promise<void> =>
  outside.ensureQemu({
    arch,
    firmware,
    tpm: hardware.tpm,
    signal,
    marker: workspace.marker,
    onProgress: (text) => {
      recorder.emit({ kind: 'waiting', text })
    },
  })

const obtain = async (
  spec: MachineSpec,
  { workspace, signal, recorder, cwd, env, job, outside }: Work,
): Promise<{ readonly image: Disks; readonly target: Target }> => {
  const image = await outside.obtainImage(spec.image, {
    dir: workspace.dir,
    marker: workspace.marker,
    signal,
    deadlineMs: systemClock.now() + job.timeout.ms,
    cwd,
    env,
    cache: job.cache && { dir: imageCacheDir(env), ...job.cache },
    onProgress: (text) => {
      recorder.emit({ kind: 'waiting', text })
    },
    warn: recorder.warn,
  })
  recorder.image(spec.name, image.facts)
  const [first] = image.disks
  if (!first) throw new RangeError('an image has a disk')
  const target = chooseTarget(spec, image, await outside.bootRecords(first))
  recorder.target(spec.name, target)
  return { image, target }
}

// The verdict waits for the digest of what booted, and for the proof that it is still the same file.
const prove = async (image: Disks, { name }: MachineSpec, recorder: Recorder): Promise<void> => {
  const { sha256, unchanged } = await image.proof()
  recorder.image(name, { ...image.facts, sha256, unchanged })
  if (!unchanged) {
    throw new JobError('image-error', 'the image changed while it was tested', {
      hint: 'Something else wrote to the file: test a copy that nothing writes to.',
    })
  }
}

type Attempt = Work & Omit<BootRequest, 'job' | 'recorder'>

const bootAndTest = async (request: Attempt): Promise<void> => {
  const { recorder, spec, signal, plan, job, limit, credentials, workspace, told } = request
  recorder.phase('boot', `Boot ${request.image.facts.asked}`)
  const booted = await boot(request)
  let hostFailed = false
  try {
    recorder.os(spec.name, booted.os)
    recorder.phase('tests', 'Tests')
    await runTests({
      ...request,
      emit: recorder.emit,
      slowdown: plan.accelerator.slowdown,
      machines: new Map([[spec.name, booted.live]]),
      rebootTimeoutMs: spec.bootTimeout.ms,
      startMs: recorder.startMs,
      onResult: recorder.test,
    })
    await requireAlive(booted.live, plan.accelerator.slowdown, signal)
    await booted.readJournal(signal)
    await booted.watch.settled()
    if (booted.live.failed() !== undefined || booted.live.session().isLost())
      await requireAlive(booted.live, plan.accelerator.slowdown, signal)
    conclude(booted, spec, job, recorder)
  } catch (error) {
    if (signal.aborted) throw error
    await recorder.lastWords(spec.name, booted.machine)
    const blamed = toJobError(await blameHost(error, booted.machine, booted.watch.failed()))
    hostFailed = blamed.outcome === 'infra-error'
    throw blamed
  } finally {
    limit.pause()
    if (request.keep && !hostFailed && !signal.aborted) {
      limit.clear() // the job has ended: what ends the wait is no cancel
      await hold({ ...booted, credentials, dir: workspace.dir, emit: recorder.emit }, told)
    }
    await booted.end()
  }
}

// What only the end of console and journal tells: what never appeared, what was too much to tell one by one, which patterns took too long.
const conclude = ({ watch: { diagnosis }, journal }: Booted, { name }: MachineSpec, job: Job, recorder: Recorder): void => {
  diagnosis.flush()
  diagnosis.complaints.forEach(recorder.warn)
  const atMs = systemClock.now() - recorder.startMs
  missingFindings([diagnosis, journal], { machine: name, atMs, policy: job.findings }).forEach(recorder.finding)
}

// Like Promise.all, but leaves no rejection unheard when several fail.
const allOrFirstError = async <A, B>([a, b]: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> => {
  const [first, second] = await Promise.allSettled([a, b])
  if (first.status === 'rejected') throw first.reason
  if (second.status === 'rejected') throw second.reason
  return [first.value, second.value]
}
