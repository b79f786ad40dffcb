// The job, top to bottom: images → machines → bench → tests → result; nothing is left behind.
import { join } from 'node:path'
import type { RunKeys } from '../access/keys'
import { provision } from '../access/provisioning'
import type { Job, MachineSpec } from '../config/job'
import { JobError, toJobError } from '../errors'
import { imageCacheDir } from '../host/places'
import { cleanUp, type Workspace } from '../host/workspace'
import { atMost } from '../lib/at-most'
import { systemClock } from '../lib/clock'
import { unlessAborted } from '../lib/unless-aborted'
import type { Context, Plan } from '../machines/provider'
import type { RunResult } from '../results'
import type { TestContext } from '../steps/kinds/run'
import { verdictOf } from '../steps/outcome'
import { runTests } from '../steps/parts'
import { untilTested } from './attempts'
import { openBench, slowdownOf } from './bench'
import { endingOf, type JobEnd } from './ending'
import { hold } from './hold'
import { jobLimit, type JobLimit } from './limit'
import { outside as real, type Outside } from './outside'
import type { Guest } from './readiness'
import type { Recorder } from './recorder'

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
  const { job, recorder, signal, limit, workspace, acceleratorCache, outside, env } = request
  recorder.phase('prepare', 'Prepare the host and the image')
  const [spec] = job.machines
  if (!spec) throw new RangeError('a job has a machine')
  const provider = outside.provider(spec.provider, {
    accelerators: acceleratorCache,
    isHostedRunner: env['RUNNER_ENVIRONMENT'] === 'github-hosted',
  })
  const credentials = outside.makeRunKeys()
  const context = { signal, dir: workspace.dir, marker: workspace.marker, onProgress: onProgress(recorder) }
  const [guests] = await allOrFirstError([
    allOrFirstError(job.machines.map((spec) => obtain(spec, credentials, request))),
    provider.prepare(job.machines, context),
  ])
  const first = await provider.plan(
    guests.map(({ spec, image, provisioned: { seed, hostKeys } }) => ({
      spec,
      image,
      seed,
      ...(hostKeys === undefined ? {} : { hostKeys }),
    })),
    context,
  )
  const attempt = async (plan: Plan, attempt: number): Promise<void> => {
    recorder.planned(plan)
    limit.run(slowdownOf(plan))
    const dir = join(workspace.dir, `attempt-${attempt}`)
    try {
      await bootAndTest(request, { guests, credentials, plan, context: { ...context, dir }, attempt })
    } finally {
      // The next one needs the room. What cannot be removed is left to the clean-up, which tells.
      await outside.removeFolder(dir).catch(() => undefined)
    }
  }
  let finished = false
  try {
    await untilTested({ job, recorder, signal, first, bootAndTest: attempt })
    finished = true
  } catch (error) {
    if (!signal.aborted) limit.clear() // it ended the job: a cancel after it changes nothing
    throw error
  } finally {
    // A failure is told at once; a verdict that says more than that waits for the digest.
    const proof = Promise.all(guests.map((guest) => prove(guest, recorder)))
    proof.catch(() => undefined) // also when nobody waits for it any more
    await (finished ? unlessAborted(proof, signal) : atMost(proofPatienceMs, proof))
  }
}

const proofPatienceMs = 500

const onProgress = (recorder: Recorder) => (text: string) => {
  recorder.emit({ kind: 'waiting', text })
}

const obtain = async (
  spec: MachineSpec,
  { user, host }: RunKeys,
  { workspace, signal, recorder, cwd, env, job, outside }: Work,
): Promise<Guest> => {
  const image = await outside.obtainImage(spec.image, {
    dir: workspace.dir,
    marker: workspace.marker,
    signal,
    deadlineMs: systemClock.now() + job.timeout.ms,
    cwd,
    env,
    cache: job.cache && { dir: imageCacheDir(env), ...job.cache },
    onProgress: onProgress(recorder),
    warn: recorder.warn,
  })
  recorder.image(spec.name, image.facts)
  return { spec, image, provisioned: provision({ spec, image, user, host }) }
}

// The verdict waits for the digest of what booted, and for the proof that it is still the same file.
const prove = async ({ image, spec: { name } }: Guest, recorder: Recorder): Promise<void> => {
  const { sha256, unchanged } = await image.proof()
  recorder.image(name, { ...image.facts, sha256, unchanged })
  if (!unchanged) {
    throw new JobError('image-error', 'the image changed while it was tested', {
      hint: 'Something else wrote to the file: test a copy that nothing writes to.',
    })
  }
}

interface Attempt {
  readonly guests: readonly Guest[]
  readonly credentials: RunKeys
  readonly plan: Plan
  readonly context: Context
  readonly attempt: number
}

const bootAndTest = async (request: Work, { guests, credentials, plan, context, attempt }: Attempt): Promise<void> => {
  const { recorder, signal, job, limit, workspace, told, outside, capture, keep } = request
  recorder.phase('boot', `Boot ${guests.map(({ image }) => image.facts.asked).join(', ')}`)
  const { waitReady } = outside
  const bench = await openBench({ guests, plan, job, context, recorder, attempt, user: credentials.user, waitReady })
  let hostFailed = false
  try {
    recorder.phase('tests', 'Tests')
    await runTests({
      job,
      signal,
      capture,
      emit: recorder.emit,
      slowdown: bench.slowdown,
      machines: bench.machines,
      startMs: recorder.startMs,
      onResult: recorder.test,
    })
    await bench.conclude(signal)
  } catch (error) {
    if (signal.aborted) throw error
    const blamed = await bench.blame(error)
    hostFailed = blamed.outcome === 'infra-error'
    throw blamed
  } finally {
    limit.pause()
    if (keep && !hostFailed && !signal.aborted) {
      limit.clear() // the job has ended: what ends the wait is no cancel, and what hinders it no verdict
      await hold({ running: bench.running, dir: workspace.dir, emit: recorder.emit }, told).catch((error: unknown) => {
        recorder.warn(`the machine does not stay up: ${toJobError(error).message}`)
      })
    }
    await bench.end()
  }
}

// Like Promise.all, but nothing goes on when it rejects, nor is a rejection unheard when several fail.
const allOrFirstError = async <T extends readonly unknown[] | []>(all: T): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> => {
  await Promise.allSettled(all)
  return Promise.all(all)
}
