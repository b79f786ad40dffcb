// Collects what happens into the result model while the run goes. The only mutable state of a run.
import { createHash } from 'node:crypto'
import type { Job } from '../config/job'
import { JobError, type JobOutcome, type Stage } from '../errors'
import type { Emit, RunEvent } from '../events'
import { shownSource } from '../lib/shown'
import { systemClock } from '../lib/clock'
import type { Evidence, Plan } from '../machines/provider'
import type { SeedFile } from '../access/seed'
import type {
  Accelerator,
  AttemptResult,
  BootResult,
  Captured,
  Finding,
  ImageFacts,
  MachineResult,
  OsFacts,
  Phase,
  ReportFile,
  RunResult,
  TestResult,
} from '../results'
import { mainTestbed } from '../results'
import { countTests } from '../steps/outcome'

// Where guest bytes go on disk; the report room provides it.
export interface Files {
  consoleSink(machine: string): (chunk: Uint8Array) => void
  journalSink(machine: string): (chunk: Uint8Array) => void
  screenshot(machine: string, png: Uint8Array): Promise<void>
  qemuLog(machine: string, text: string): Promise<void>
  list(): readonly ReportFile[]
}

export interface BootRecord {
  readonly startedAtMs: () => number // when it was powered on, once that is known
  readonly poweredOn: (atMs: number) => void
  readonly stage: (stage: Stage, atMs: number) => void
  readonly end: (outcome: BootResult['outcome'], message?: string) => void
}

export interface Recorder {
  readonly startMs: number
  readonly emit: Emit
  readonly finding: (finding: Finding) => void
  readonly consoleSink: Files['consoleSink']
  readonly journalSink: Files['journalSink']
  readonly phase: (phase: Phase, title: string) => void
  readonly warn: (text: string) => void
  readonly image: (machine: string, facts: ImageFacts) => void
  readonly seed: (machine: string, files: readonly SeedFile[]) => void
  readonly openBoot: (machine: string, attempt: number, reason: BootResult['reason']) => BootRecord
  readonly planned: (plan: Plan) => void
  readonly machineStarted: (machine: string, evidence: Evidence) => void
  readonly os: (machine: string, os: OsFacts | undefined) => void
  // What only a machine that still exists can tell, or one that did not start.
  readonly lastWords: (machine: string, evidence: Evidence) => Promise<void>
  readonly test: (result: TestResult) => void // its place is where it was declared, whenever it ends
  readonly nextAttempt: (error: JobError) => void // a fresh machine begins anew; what the one before showed is set aside
  readonly tests: () => readonly TestResult[]
  readonly findings: () => readonly Finding[]
  readonly result: (end: Ending) => RunResult
}

export interface Ending {
  readonly outcome: JobOutcome
  readonly message: string
  readonly error?: JobError
  readonly cleanup: RunResult['cleanup']
}

export interface RecorderRequest {
  readonly job: Job
  readonly tool: RunResult['tool']
  readonly source: RunResult['source']
  readonly files: Files
  readonly replay: string
  readonly onEvent: (event: RunEvent) => void
}

interface MutableMachine {
  accelerator: Accelerator
  arch: string
  firmware: string
  firmwareReason?: string
  image: ImageFacts
  boots: {
    attempt: number
    reason: BootResult['reason']
    outcome: BootResult['outcome']
    message?: string
    stages: { stage: Stage; atMs: number }[]
    startedAtMs: number
    poweredOnAtMs?: number
  }[]
  seed: MachineResult['seed']
  os?: OsFacts
  argv?: readonly string[]
  qemuLog?: string
}

export const createRecorder = ({ job, tool, source, files, replay, onEvent }: RecorderRequest): Recorder => {
  const startMs = systemClock.now()
  const startedAt = new Date().toISOString()
  const since = (): number => systemClock.now() - startMs
  const phases: { phase: Phase; startedAtMs: number; durationMs: number }[] = []
  const tests: TestResult[] = []
  const findings: Finding[] = []
  const attempts: AttemptResult[] = []
  const warnings: string[] = []
  let qemu: string | undefined
  const machines = new Map<string, MutableMachine>(
    job.machines.map(({ name, firmware, image }) => [
      name,
      {
        accelerator: notChosen,
        arch: image.arch ?? 'x86_64',
        firmware,
        image: {
          asked: shownSource(image.source),
          verified: 'none',
          verifiedBy: 'nothing yet',
          bytes: 0,
          format: image.format ?? 'unknown',
        },
        boots: [],
        seed: [],
      },
    ]),
  )
  const of = (name: string): MutableMachine => {
    const machine = machines.get(name)
    if (!machine) throw new RangeError(`no machine ${name}`)
    return machine
  }
  const emit: Emit = (event) => {
    onEvent({ ...event, atMs: since() })
  }
  const closePhase = (): void => {
    const last = phases.at(-1)
    if (last) last.durationMs = since() - last.startedAtMs
  }
  return {
    startMs,
    emit,
    finding: (finding) => {
      findings.push(finding)
      emit({ kind: 'finding', finding })
    },
    consoleSink: (machine) => files.consoleSink(machine),
    journalSink: (machine) => files.journalSink(machine),
    phase: (phase, title) => {
      closePhase()
      phases.push({ phase, startedAtMs: since(), durationMs: 0 })
      emit({ kind: 'phase', phase, title })
    },
    warn: (text) => {
      warnings.push(text)
      emit({ kind: 'warning', text })
    },
    image: (machine, facts) => {
      of(machine).image = facts
    },
    seed: (machine, files) => {
      of(machine).seed = files.map(({ path, content }) => ({
        path,
        sha256: createHash('sha256').update(content).digest('hex'),
        bytes: content.length,
      }))
    },
    openBoot: (machine, attempt, reason) => {
      const boot: MutableMachine['boots'][number] = { attempt, reason, outcome: 'cancelled', stages: [], startedAtMs: since() }
      of(machine).boots.push(boot)
      return {
        startedAtMs: () => boot.poweredOnAtMs ?? boot.startedAtMs,
        poweredOn: (atMs) => {
          boot.poweredOnAtMs = atMs
        },
        stage: (stage, atMs) => {
          boot.stages.push({ stage, atMs })
        },
        end: (outcome, message) => {
          boot.outcome = outcome
          if (message !== undefined) boot.message = message
        },
      }
    },
    planned: ({ machines: planned, tool }) => {
      qemu = tool
      for (const { name, arch, firmware, firmwareReason, accelerator } of planned)
        Object.assign(of(name), { arch, firmware, firmwareReason, accelerator })
    },
    machineStarted: (machine, { argv }) => {
      of(machine).argv = argv
    },
    os: (machine, os) => {
      if (os) of(machine).os = os
    },
    lastWords: async (machine, { argv, log, screenshot }) => {
      const screen = await screenshot()
      if (screen) await files.screenshot(machine, screen)
      of(machine).argv = argv
      const said = log.trim()
      if (said !== '') of(machine).qemuLog = said
      await files.qemuLog(machine, `${argv.join(' ')}\n\n${log}`)
    },
    test: (result) => {
      const after = tests.findLastIndex(({ index }) => index <= result.index)
      tests.splice(after + 1, 0, result)
    },
    nextAttempt: ({ outcome, message, stage }) => {
      attempts.push({
        ...{ outcome, message },
        ...(stage === undefined ? {} : { stage }),
        tests: tests.splice(0).map(withoutFiles),
        findings: findings.splice(0),
      })
    },
    tests: () => tests,
    findings: () => findings,
    result: ({ outcome, message, error, cleanup }) => {
      closePhase()
      return {
        schema: 1,
        tool: { ...tool, ...(qemu === undefined ? {} : { qemu }) },
        outcome,
        message,
        ...(error === undefined ? {} : { hint: error.hint }),
        ...(error?.excerpt === undefined || error.excerpt === '' ? {} : { excerpt: error.excerpt }),
        ...(error?.stage === undefined ? {} : { stage: error.stage }),
        title: job.title,
        startedAt,
        durationMs: since(),
        phases: [...phases],
        source,
        testbeds: job.machines.length === 0 ? [] : [{ id: mainTestbed, origin: 'boot', machines: job.machines.map(({ name }) => name) }],
        machines: job.machines.map((spec) => ({
          name: spec.name,
          testbed: mainTestbed,
          provider: spec.provider,
          memoryBytes: spec.memoryBytes,
          cpus: spec.cpus,
          ...of(spec.name),
        })),
        tests: [...tests],
        counts: countTests(tests),
        findings: [...findings],
        attempts: [...attempts],
        warnings: [...warnings],
        replay,
        files: files.list(),
        cleanup,
      }
    },
  }
}

const notChosen: Accelerator = { kind: 'none', reason: 'the run ended before it was chosen', slowdown: 1 }

const withoutFiles = (test: TestResult): TestResult => ({
  ...test,
  attempts: test.attempts.map((attempt) => ({ ...attempt, stdout: withoutFile(attempt.stdout), stderr: withoutFile(attempt.stderr) })),
})

const withoutFile = ({ bytes, tail, truncated }: Captured): Captured => ({ bytes, tail, truncated })
