// A run's grip on one testbed: its machines started together, brought up, read to their end, and ended together.
import type { Job } from '../config/job'
import { machineAdvice } from '../access/box-logins'
import { missingFindings } from '../diagnosis'
import { toJobError, type JobError } from '../errors'
import type { LiveMachine } from '../guest/live'
import { systemClock } from '../lib/clock'
import { StartError, type Context, type Machine, type Plan, type Testbed } from '../machines/provider'
import { calledOff, together } from '../machines/together'
import { requireAlive } from '../steps/loss'
import { watchGuest, type UpMachine, type Watched, type GuestWatchRequest } from './bring-up'
import { blameHost } from './host-fault'
import type { Guest } from './readiness'
import type { Recorder } from './recorder'

export interface BenchRequest extends Pick<GuestWatchRequest, 'user' | 'waitReady' | 'attempt'> {
  readonly guests: readonly Guest[]
  readonly plan: Plan
  readonly job: Pick<Job, 'findings'>
  readonly context: Context
  readonly recorder: Recorder
}

export interface Bench {
  readonly machines: ReadonlyMap<string, LiveMachine>
  readonly running: readonly UpMachine[]
  readonly slowdown: number // of default limits, of the slowest
  // All are alive to the end, and what only the end tells is told: journals, and what the policy requires. guest-lost | infra-error
  readonly conclude: (signal: AbortSignal) => Promise<void>
  readonly blame: (error: unknown) => Promise<JobError> // whose fault it is, once the last words of every machine are recorded
  readonly end: () => Promise<void>
}

// One attempt: starts the machines and waits until all are ready. On failure the last words of the one that failed are recorded, and none is
// left when the error is thrown. boot-failed | infra-error | image-error | config-error
export const openBench = async (request: BenchRequest): Promise<Bench> => {
  const { guests, plan, context, recorder, job, attempt } = request
  const watched = new Map(
    plan.machines.map((planned): [string, Watched] => {
      const guest = guests.find(({ spec }) => spec.name === planned.name)
      if (!guest) throw new RangeError(`no machine ${planned.name}`)
      return [planned.name, watchGuest({ ...request, guest, planned, policy: job.findings })]
    }),
  )
  const watchedAs = (name: string): Watched => {
    const found = watched.get(name)
    if (!found) throw new RangeError(`no machine ${name}`)
    return found
  }
  let testbed: Testbed | undefined
  const end = async (): Promise<void> => {
    for (const { watch } of watched.values()) watch.setPhase('ending')
    await testbed?.[Symbol.asyncDispose]()
    for (const { watch } of watched.values()) watch.diagnosis.flush() // what is told later would be told of the next machine
  }
  for (const { spec, provisioned } of guests) recorder.seed(spec.name, provisioned.seed.files)
  if (attempt === 1) warningsOf(guests, plan).forEach(recorder.warn)
  try {
    testbed = await plan
      .start(context, (name) => watchedAs(name).watch)
      .catch(async (error: unknown) => {
        const of = error instanceof StartError ? error.of : toJobError(error).machine
        for (const [name, { failed }] of watched) failed(of === undefined || of === name ? error : calledOff())
        if (error instanceof StartError) await recorder.lastWords(error.of, error.evidence)
        throw error
      })
    const machines = plan.machines.map(({ name }) => machineIn(testbed, name))
    for (const machine of machines) recorder.machineStarted(machine.name, machine.evidence())
    const bringUp = (machine: Machine) => (signal: AbortSignal) => watchedAs(machine.name).bringUp(machine, signal)
    const running = await together(machines.map(bringUp), context.signal)
    return benchOf(request, running, end)
  } catch (error) {
    await end()
    throw error
  }
}

const machineIn = (testbed: Testbed | undefined, name: string): Machine => {
  const found = testbed?.machines.get(name)
  if (!found) throw new RangeError(`no machine ${name}`)
  return found
}

const warningsOf = (guests: readonly Guest[], { warnings }: Plan): readonly string[] => [
  ...guests.flatMap(({ provisioned: { doubt } }) => doubt ?? []),
  ...warnings,
  ...guests.flatMap(({ image, spec }) => (image.box ? machineAdvice(image.madeFor ?? {}, spec) : [])),
]

export const slowdownOf = ({ machines }: Plan): number => Math.max(...machines.map(({ accelerator }) => accelerator.slowdown))

const benchOf = ({ plan, job, recorder }: BenchRequest, running: readonly UpMachine[], end: Bench['end']): Bench => {
  const slowdown = slowdownOf(plan)
  return {
    machines: new Map(running.map(({ live }) => [live.name, live])),
    running,
    slowdown,
    conclude: async (signal) => {
      for (const { live } of running) await requireAlive(live, slowdown, signal)
      for (const { live, watch, readJournal } of running) {
        await readJournal(signal)
        await watch.settled()
        if (live.failed() !== undefined || live.session().isLost()) await requireAlive(live, slowdown, signal)
      }
      for (const one of running) tellTheRest(one, job, recorder)
    },
    blame: async (error) => {
      for (const { machine } of running) await recorder.lastWords(machine.name, machine.evidence())
      const failed =
        running.find(({ watch }) => watch.failed()?.outcome === 'infra-error') ?? // it may be why another fell silent
        running.find(({ machine }) => machine.name === toJobError(error).machine) ??
        running.find(({ watch }) => watch.failed() !== undefined) ??
        running[0]
      return toJobError(failed ? await blameHost(error, failed.machine, failed.watch.failed()) : error)
    },
    end,
  }
}

// What never appeared, what was too much to tell one by one, which patterns took too long.
const tellTheRest = (
  { live, watch: { diagnosis }, journal }: UpMachine,
  { findings: policy }: Pick<Job, 'findings'>,
  recorder: Recorder,
): void => {
  diagnosis.flush()
  diagnosis.complaints.forEach(recorder.warn)
  const atMs = systemClock.now() - recorder.startMs
  missingFindings([diagnosis, journal], { machine: live.name, atMs, policy }).forEach(recorder.finding)
}
