// Runs a story through the whole engine, from runJob down: only the clock, the image, the machine and its session are paper.
import type { Job, TestSpec } from '../../../src/config/job'
import { JobError } from '../../../src/errors'
import type { RunEvent } from '../../../src/events'
import type { Disks } from '../../../src/images/disks'
import type { RunResult } from '../../../src/results'
import { systemClock } from '../../../src/lib/clock'
import type { QemuHost } from '../../../src/machines/qemu/host'
import { runJob } from '../../../src/run/run'
import { emptyJob } from '../../../src/commands/empty-job'
import type { Outside } from '../../../src/run/outside'
import { createRecorder } from '../../../src/run/recorder'
import { machineSpec } from '../machine-spec'
import { onPaperClock } from './clock'
import { paperDisk, paperOutside, paperWorkspace } from './outside'
import { paperTestbeds } from './testbed'
import type { Step, Story } from './story'
import { patterns } from './words'

export interface Played {
  readonly result: RunResult
  readonly machines: number // that were started
  readonly afterCancelMs: number // that it took from there to the end
}

// What a test changes of the stage, or sees from it.
export interface Staging {
  readonly job?: (job: Job) => Partial<Job>
  readonly dir?: string // of the run, where it needs a real one
  readonly outside?: (paper: Outside) => Partial<Outside>
  readonly host?: (paper: QemuHost) => Partial<QemuHost>
  readonly keep?: boolean
  readonly onEvent?: (event: RunEvent, cancel: () => void) => void
  readonly onVerdict?: (result: RunResult) => void
}

export const play = (story: Story, staging: Staging = {}): Promise<Played> => onPaperClock(() => playNow(story, staging))

const playNow = async (story: Story, staging: Staging): Promise<Played> => {
  const cancelled = new AbortController()
  let cancelledAtMs: number | undefined
  const end = (error: JobError): void => {
    cancelledAtMs ??= systemClock.now()
    cancelled.abort(error)
  }
  const cancel = (): void => {
    end(new JobError('cancelled', 'cancelled', { hint: '' }))
  }
  let step: number | undefined
  const testbeds = paperTestbeds({
    fates: story.machines,
    stepOf: () => step,
    cancel,
  })
  const paper = { ...testbeds, host: { ...testbeds.host, ...staging.host?.(testbeds.host) } }
  const told = jobOf(story)
  const job = { ...told, ...staging.job?.(told) }
  const { before } = story
  const outside = paperOutside(paper, {
    obtainImage: async (_request, { signal }) => {
      signal.throwIfAborted()
      if (before === 'fetch-cancel') cancel()
      if (before !== undefined) await systemClock.sleep(1e6, signal)
      return imageOf(story, end, cancel)
    },
  })
  const recorder = createRecorder({
    job,
    tool: outside.tool(),
    source: { jobSha256: '' },
    files,
    replay: '',
    onEvent: (event) => {
      staging.onEvent?.(event, cancel)
      if (event.kind === 'test-started') step = Number(event.id.slice('step-'.length))
      if (event.kind === 'test-finished') step = undefined
    },
  })
  if (before === 'cancel') cancel()
  const result = await runJob({
    ...{ job, recorder, signal: cancelled.signal, cwd: '/paper', env: {}, acceleratorCache: '', keep: staging.keep ?? false },
    outside: { ...outside, ...staging.outside?.(outside) },
    ...(staging.onVerdict ? { onVerdict: staging.onVerdict } : {}),
    workspace: { ...paperWorkspace, ...(staging.dir === undefined ? {} : { dir: staging.dir }) },
    capture: () => ({ push: () => '', end: () => ({ bytes: 0, tail: '', truncated: false }) }),
  })
  return { result, machines: paper.started(), afterCancelMs: cancelledAtMs === undefined ? 0 : systemClock.now() - cancelledAtMs }
}

const files = {
  consoleSink: () => () => undefined,
  journalSink: () => () => undefined,
  screenshot: () => Promise.resolve(),
  qemuLog: () => Promise.resolve(),
  list: () => [],
}

const imageOf = ({ imageChanges, proof }: Story, end: (error: JobError) => void, cancel: () => void): Disks => ({
  disks: [paperDisk],
  facts: { asked: 'paper', verified: 'none', verifiedBy: '', bytes: 1, format: 'raw' },
  loginUser: 'root',
  proof: async () => {
    if (proof === 'cancel') {
      cancel()
      await new Promise<never>(() => undefined)
    }
    if (proof === 'bug') end(new JobError('infra-error', 'TypeError: not a function', { hint: '' }))
    return { sha256: '', unchanged: !imageChanges }
  },
})

// A user's own numbers, which nothing scales. The job's timeout is longer than any story takes that does not wait for it.
const jobOf = ({ steps, failFast, failOn, ignores, requires, bootAttempts, buses, kvm }: Story): Job => ({
  ...emptyJob('on paper'),
  machines: [
    machineSpec({
      accelerator: kvm ? 'auto' : 'tcg',
      bootTimeout: { ms: 5000, written: true },
      access: { provisioning: 'none', loginUser: 'root' },
      image: { source: 'paper', verify: 'none' },
      firmware: 'bios',
      hardware: {
        tpm: false,
        diskBus: buses > 0 ? 'any' : 'virtio',
        nic: 'virtio',
        nics: 1,
        emptyDisksBytes: buses === 2 ? [1, 1, 1] : [],
      },
    }),
  ],
  setup: specsOf(steps, 'setup'),
  tests: specsOf(steps, 'tests'),
  teardown: specsOf(steps, 'teardown'),
  findings: {
    failOn,
    ignore: ignores.map((word) => ({ match: patterns[word], reason: 'known' })),
    require: requires ? [{ match: 'never said', reason: 'wanted' }] : [],
  },
  failFast,
  timeout: { ms: 200_000, written: true },
  bootAttempts,
})

const specsOf = (steps: readonly Step[], part: Step['part']): readonly TestSpec[] =>
  steps.flatMap((step, index) => (step.part === part ? [specOf(step, index)] : []))

const specOf = ({ kind, gating, xfail, retries, exits, when }: Step, index: number): TestSpec => {
  const common = {
    ...{ id: `step-${index}`, name: `step ${index}`, machine: 'machine', gating, concerns: [] },
    timeout: { ms: kind === 'reboot' ? 5000 : 100, written: true },
    ...(when === 'always' ? {} : { when: whens[when] }),
  }
  return kind === 'reboot'
    ? { ...common, kind }
    : {
        ...{ ...common, kind, run: 'true', env: {}, expect: { exit: exits }, retry: { times: retries, delayMs: 5 } },
        ...(xfail ? { xfail: {} } : {}),
      }
}

const whens = {
  met: { distro: ['paper'] },
  unmet: { distro: ['stone'] },
  unknown: { version: [{ operator: '>=', version: '1' }] },
} as const
