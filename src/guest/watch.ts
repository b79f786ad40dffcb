// Follows one machine from power-on: console and events in, stages, findings and at most one failure out.
import type { JobError, Stage } from '../errors'
import { consoleReader, isGoingDown, type Diagnosis } from '../diagnosis'
import { hostTime } from '../lib/host-time'
import { lastWords } from './last-words'
import type { FindingsPolicy } from '../config/job'
import type { MachineListener } from '../machines/provider'
import type { Accelerator, Finding } from '../results'
import { judgeFailure, type MachinePhase, type Sign } from './judge'
import { isGreeting, usualUser } from '../access/usual-user'

export interface WatchRequest {
  readonly machine: string
  readonly runBy: string // what runs it, as messages name it
  readonly policy: FindingsPolicy
  readonly accelerator: Accelerator['kind']
  readonly startMs: number // clock time of the start of the run: what the watch tells counts from there
  readonly onConsole: (chunk: Uint8Array) => void // every byte, as it came
  readonly onLine: (text: string) => void
  readonly onPowerOn: (atMs: number) => void
  readonly onStage: (stage: Stage, atMs: number) => void
  readonly onFinding: (finding: Finding) => void
  readonly onSelfReboot?: (atMs: number) => void // in its first boot, as some images do
  readonly answers?: () => Promise<boolean> // whether a machine that was ready still does what it is told, soon
}

export interface Watch extends MachineListener {
  readonly failure: Promise<JobError> // resolves once, when the machine is seen to have failed in its phase
  readonly failed: () => JobError | undefined
  readonly diagnosis: Diagnosis
  readonly phase: () => MachinePhase
  readonly setPhase: (phase: MachinePhase) => void
  readonly reach: (stage: Stage, atMs: number) => void // a stage seen by SSH instead of on the console
  readonly goingDown: () => boolean // the running system said that it ends; an event will tell how
  readonly settled: () => Promise<void> // once nothing that the console said waits for what the machine answers
  readonly consoleUser: () => string | undefined // who logs in on the system that the console greets with
}

// After the first sign of a failure, how long the console may go on to explain it.
const explainMs = 300
// First boots that reboot themselves exist; more than this is a loop.
export const bootResets = 3
// One reboot resets several times, the firmware's own among them: without a word in between, and soon, they are one.
const sameRebootMs = 2000

export const watchMachine = (request: WatchRequest): Watch => {
  const { machine, onConsole, onLine } = request
  let phase: MachinePhase = 'booting'
  let resets = 0
  let lastResetMs = -Infinity
  let saidSinceReset = false
  let failed: JobError | undefined
  let deciding = false
  let consoleUser: string | undefined
  let goingDown = false
  let cancelExplaining = (): void => undefined
  const over = new AbortController()
  let tell: (error: JobError) => void = () => undefined
  const failure = new Promise<JobError>((resolve) => (tell = resolve))

  const reader = consoleReader(
    {
      machine,
      policy: request.policy,
      accelerator: request.accelerator,
      onStage: request.onStage,
      onFinding: (finding) => {
        if (phase !== 'running' || finding.ignored !== undefined || !isLastWord(finding)) request.onFinding(finding)
        // Told when it is known whether they were the kernel's last words.
        else {
          onceKnown((alive) => {
            request.onFinding(alive ? onlyWords(finding) : finding)
          })
        }
      },
      onFatal: ({ rule }) => {
        if (phase === 'ending') return
        if (phase !== 'running') decide({ kind: 'finding' })
        // A running system may print what looks like a boot loader's prompt, or an old log; only a dead kernel ends it, and the dead are silent.
        else if (isLastWord({ rule, severity: 'fatal' })) onceKnown(() => undefined)
      },
    },
    (text) => {
      consoleUser ??= isGreeting(text) ? usualUser(text) : undefined
      goingDown ||= phase === 'running' && isGoingDown(text)
      onLine(text)
    },
  )
  const { diagnosis } = reader

  // The end of what runs it explains itself; of everything else the console may have more to say for a moment.
  const decide = (sign: Sign): void => {
    if (deciding || failed) return
    deciding = true
    const seen = resets
    const conclude = (): void => {
      diagnosis.flush()
      failed = judgeFailure(sign, {
        machine,
        runBy: request.runBy,
        phase,
        resets: seen,
        stage: diagnosis.stage,
        findings: diagnosis.findings,
        tail: diagnosis.recent(),
      })
      tell(failed)
      over.abort()
    }
    if (sign.kind === 'gone') conclude()
    else cancelExplaining = hostTime.after(explainMs, conclude)
  }

  const outlived = lastWords(async () => {
    const alive = (await request.answers?.().catch(() => false)) ?? false
    if (!alive && phase === 'running') decide({ kind: 'finding' })
    return alive
  }, over.signal)
  const open = new Set<Promise<void>>()
  const onceKnown = (then: (alive: boolean) => void): void => {
    const known = Promise.race([outlived(), failure.then(() => false)]).then(then)
    open.add(known)
    void known.finally(() => open.delete(known))
  }

  return {
    failure,
    failed: () => failed,
    diagnosis,
    phase: () => phase,
    setPhase: (next) => {
      phase = next
      goingDown = false
      if (next === 'ending') {
        cancelExplaining()
        over.abort()
      }
      diagnosis.setPhase(next === 'rebooting' || next === 'ending' ? 'stopping' : next)
    },
    reach: (stage, atMs) => {
      diagnosis.reach(stage, atMs - request.startMs)
    },
    goingDown: () => goingDown,
    settled: async () => {
      while (open.size > 0) await Promise.all(open)
    },
    consoleUser: () => consoleUser,
    console: (chunk, atMs) => {
      saidSinceReset = true
      onConsole(chunk)
      reader.feed(chunk, atMs - request.startMs)
    },
    event: (event) => {
      if (event.kind === 'gone') reader.end()
      if (event.kind === 'running') request.onPowerOn(event.atMs - request.startMs)
      if (event.kind === 'running' || phase === 'ending') return
      if ('by' in event && event.by === 'us') return
      if (event.kind === 'reset' && phase !== 'running') {
        if (!saidSinceReset && event.atMs - lastResetMs < sameRebootMs) return
        saidSinceReset = false
        lastResetMs = event.atMs
        resets += phase === 'booting' ? 1 : 0
        if (phase === 'booting' && resets <= bootResets) request.onSelfReboot?.(event.atMs - request.startMs)
        diagnosis.restart()
        diagnosis.setPhase('booting')
        if (resets <= bootResets) return
      }
      decide(event)
    },
  }
}

const isLastWord = ({ rule, severity }: Pick<Finding, 'rule' | 'severity'>): boolean => severity === 'fatal' && rule.endsWith('panic')

// Somebody may print an old log, or what they like, on the console of a machine that goes on.
const onlyWords = ({ summary, ...finding }: Finding): Finding => ({
  ...finding,
  severity: 'warn',
  gating: false,
  summary: `the console tells of a panic, but the machine answers${summary === undefined ? '' : `: ${summary}`}`,
})
