// The result model: what results.json holds, and the only thing reporters read.
// Units: *Ms milliseconds, *Bytes bytes, at*Ms monotonic from the start of the run; dates ISO 8601 UTC; paths relative to report-dir.
import type { JobOutcome, Stage } from './errors'

export interface RunResult {
  readonly schema: 1
  readonly tool: { readonly version: string; readonly node: string; readonly qemu?: string }
  readonly outcome: JobOutcome
  readonly message: string
  readonly hint?: string
  readonly excerpt?: string // the console block that explains a machine that did not come up or was lost
  readonly stage?: Stage // last stage reached, of boot-failed and guest-lost
  readonly title: string
  readonly startedAt: string
  readonly durationMs: number
  readonly phases: readonly PhaseResult[]
  readonly source: {
    readonly job?: Location
    readonly jobSha256: string
    readonly repository?: string
    readonly commit?: string
    readonly runId?: string
    readonly runAttempt?: number
  }
  readonly testbeds: readonly TestbedResult[] // each a set of machines, started together
  readonly machines: readonly MachineResult[]
  readonly tests: readonly TestResult[] // declared order, setup first, teardown last
  readonly counts: Counts // of `tests`
  readonly findings: readonly Finding[]
  readonly attempts: readonly AttemptResult[] // before the one that `tests` and `findings` are of; as a rule there is none
  readonly warnings: readonly string[] // what went otherwise than asked, and what was done about it
  readonly replay?: string // a terminal command that repeats this run elsewhere
  readonly files: readonly ReportFile[]
  readonly cleanup: { readonly removed: number; readonly left: readonly string[] }
}

// A machine that had to be replaced: the host failed, or the image has no driver for its bus. Nothing in it had failed by itself until then,
// so that it decides nothing.
export interface AttemptResult {
  readonly outcome: JobOutcome
  readonly message: string
  readonly stage?: Stage
  readonly tests: readonly TestResult[] // outputs by their tails only: the next machine writes the same files
  readonly findings: readonly Finding[]
}

export const phases = ['prepare', 'image', 'boot', 'tests', 'cleanup'] as const
export type Phase = (typeof phases)[number]
export interface PhaseResult {
  readonly phase: Phase
  readonly startedAtMs: number
  readonly durationMs: number
}

export interface Accelerator {
  readonly kind: 'kvm' | 'tcg' | 'remote' | 'none'
  readonly reason: string
  readonly slowdown: number // multiplies default deadlines only
}

export interface TestbedResult {
  readonly id: string // main, copy-7
  readonly origin: 'boot' | 'copy' | 'cache'
  readonly machines: readonly string[]
}

// The testbed that a job's machines are booted on.
export const mainTestbed = 'main'

// The name of a job's only machine, which no report needs to tell.
export const theMachine = 'machine'

export interface MachineResult {
  readonly name: string
  readonly testbed: string
  readonly provider: 'qemu' | 'existing' | 'ec2'
  readonly accelerator: Accelerator
  readonly arch: string
  readonly firmware: string
  readonly firmwareReason?: string // why that one
  readonly memoryBytes: number
  readonly cpus: number
  readonly image: ImageFacts
  readonly os?: OsFacts
  readonly seed: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[]
  readonly boots: readonly BootResult[]
  readonly argv?: readonly string[] // of QEMU, as started last
  readonly qemuLog?: string // the end of QEMU's stderr, when it has something to say
}

export interface ImageFacts {
  readonly asked: string
  readonly url?: string
  readonly fetchedSha256?: string // of the file as published
  readonly sha256?: string // of the disk that booted
  readonly verified: 'signature' | 'checksum' | 'none'
  readonly verifiedBy: string
  readonly bytes: number
  readonly virtualBytes?: number
  readonly format: string
  readonly box?: { readonly provider: string; readonly info: Readonly<Record<string, string>> } // Vagrant box: for what, and what its maker says
  readonly unchanged?: boolean
  readonly cacheKey?: string // a key for actions/cache, when the image's digest was known before it was fetched
  readonly cached?: boolean // it was in the cache already
}

export interface OsFacts {
  readonly id: string
  readonly version: string
  readonly variant?: string
  readonly prettyName?: string
  readonly kernel: string
}

export interface BootResult {
  readonly attempt: number
  readonly reason: 'first' | 'retry' | 'reboot' | 'fresh' | 'restore'
  readonly outcome: 'ready' | 'rebooted' | JobOutcome // rebooted: by itself, before it was ready; the next boot is of the same attempt
  readonly message?: string
  readonly stages: readonly { readonly stage: Stage; readonly atMs: number }[]
  readonly startedAtMs: number
  readonly poweredOnAtMs?: number // when its CPUs began to run
}

// 'warned' in Counts = gating false and outcome failed, xpassed or error
export const testOutcomes = ['passed', 'failed', 'xfailed', 'xpassed', 'flaky', 'skipped', 'not-run', 'error'] as const
export type TestOutcome = (typeof testOutcomes)[number]
export type Counts = Readonly<Record<TestOutcome | 'warned' | 'total', number>>
export type TestKind = 'run' | 'script' | 'suite' | 'check' | 'host' | 'reboot' | 'wait' | 'upload' | 'download'

export interface TestResult {
  readonly index: number // as declared: setup, tests and teardown counted on from 0
  readonly id: string
  readonly name: string
  readonly kind: TestKind
  readonly part: 'setup' | 'tests' | 'teardown'
  readonly machine?: string
  readonly testbed: string
  readonly location?: Location
  readonly concerns: readonly Location[]
  readonly gating: boolean
  readonly outcome: TestOutcome
  readonly message?: string // why, in one sentence; never a guest's bytes alone
  readonly interrupted?: boolean // by the end of its machine or of the job: an error, but not one that it brought about
  readonly command?: string
  readonly replay?: string
  readonly startedAtMs?: number
  readonly durationMs: number
  readonly attempts: readonly (ExecResult & { readonly matched: boolean })[]
  readonly cases: readonly CaseResult[]
}

// What a suite tells of one of its tests.
export interface CaseResult {
  readonly name: string
  readonly outcome: TestOutcome
  readonly durationMs: number
  readonly message?: string
  readonly location?: Location
}

// What a command in the guest did. A program killed by a signal inside the script shows as code 128 + signal, as in any shell.
export type ExecResult = {
  readonly durationMs: number
  readonly stdout: Captured
  readonly stderr: Captured
} & (
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string } // the shell around it, so that nothing proves how it ended
  | { readonly kind: 'timed-out'; readonly killed: boolean }
  | { readonly kind: 'not-started'; readonly cause: string } // sudo refused, or its folder or shell is not there: the guest answers
  | { readonly kind: 'unproven'; readonly cause: string } // it began, and nothing proves how it ended
  | { readonly kind: 'lost'; readonly cause: string }
)

// tail: the last bytes as UTF-8, secrets replaced; file: everything (up to a limit), relative to report-dir
export interface Captured {
  readonly bytes: number
  readonly tail: string
  readonly truncated: boolean
  readonly file?: string
}

export interface Location {
  readonly file: string // relative to the workspace when inCheckout, else absolute or as given
  readonly line: number // from 1
  readonly column?: number
  readonly endLine?: number
  readonly inCheckout: boolean
}

export type Severity = 'fatal' | 'error' | 'warn' | 'suspect-host'

export interface Finding {
  readonly rule: string
  readonly severity: Severity
  readonly gating: boolean
  readonly ignored?: string // the reason given in the job file
  readonly machine: string
  readonly source: 'console' | 'journal'
  readonly stage: Stage
  readonly test?: string // id of the test that ran meanwhile
  readonly atMs: number
  readonly line: number
  readonly block: string // guest bytes: data only
  readonly summary?: string // one sentence of ours, with the guest's words in it
  readonly hint?: string // what to do
  readonly hostCaused?: boolean // a panic that is the host's fault
  readonly timeout?: string // a time-out of the guest's own that a slow host caused: what it waited for
}

export interface ReportFile {
  readonly path: string
  readonly kind: 'console' | 'journal' | 'qemu-log' | 'screenshot' | 'output' | 'junit' | 'html' | 'summary' | 'download'
  readonly bytes: number
}
