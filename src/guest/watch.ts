// Follows one machine from power-on: console and events in, stages, findings and at most one failure out.
import { JobError, type Stage } from '../errors'
import { createDiagnosis, type Diagnosis } from '../diagnosis'
import type { FindingsPolicy } from '../config/job'
import { lineSplitter } from '../lib/lines'
import type { MachineEvent, MachineListener } from '../machines/provider'
import type { Accelerator, Finding } from '../results'
import { usualUser } from './login-user'

export type MachinePhase = 'booting' | 'running' | 'rebooting' | 'ending'

export interface WatchRequest {
  readonly machine: string
  readonly policy: FindingsPolicy
  readonly accelerator: Accelerator['kind']
  readonly onConsole: (chunk: Uint8Array) => void // every byte, as it came
  readonly onLine: (text: string) => void
  readonly onStage: (stage: Stage, atMs: number) => void
  readonly onFinding: (finding: Finding) => void
}

export interface Watch extends MachineListener {
  readonly failure: Promise<JobError> // resolves once, when the machine is seen to have failed in its phase
  readonly failed: () => JobError | undefined
  readonly diagnosis: Diagnosis
  readonly phase: () => MachinePhase
  readonly setPhase: (phase: MachinePhase) => void
  readonly reach: (stage: Stage, atMs: number) => void // a stage seen by SSH instead of on the console
  readonly consoleUser: () => string | undefined // who logs in on the system that the console greets with
  readonly lastLines: () => readonly string[]
}

// After the first sign of a failure, how long the console may go on to explain it.
const explainMs = 300
// First boots that reboot themselves exist; more than this is a loop.
const bootResets = 3
const keptLines = 40

export const watchMachine = (request: WatchRequest): Watch => {
  const { machine, onConsole, onLine } = request
  let phase: MachinePhase = 'booting'
  let resets = 0
  let failed: JobError | undefined
  let deciding = false
  let consoleUser: string | undefined
  const last: string[] = []
  let tell: (error: JobError) => void = () => undefined
  const failure = new Promise<JobError>((resolve) => (tell = resolve))

  const diagnosis = createDiagnosis({
    machine,
    source: 'console',
    policy: request.policy,
    accelerator: request.accelerator,
    onStage: request.onStage,
    onFinding: request.onFinding,
    onFatal: (finding) => {
      if (phase !== 'ending' && (phase === 'booting' || finding.rule === 'kernel-panic')) decide({ kind: 'finding' })
    },
  })
  const lines = lineSplitter((line) => {
    last.push(line.text)
    if (last.length > keptLines) last.shift()
    consoleUser ??= /^Welcome to |login:\s*$| tty[SA]\w+\s*$/.test(line.text) ? usualUser(line.text) : undefined
    diagnosis.push({ ...line, atMs: now })
    onLine(line.text)
  })
  let now = 0

  type Sign = MachineEvent | { readonly kind: 'finding' }
  // QEMU's end explains itself; of everything else the console may have more to say for a moment.
  const decide = (sign: Sign): void => {
    if (deciding || failed) return
    deciding = true
    const conclude = (): void => {
      diagnosis.flush()
      failed = judge(sign, { machine, phase, resets, stage: diagnosis.stage, findings: diagnosis.findings, lines: last })
      tell(failed)
    }
    if (sign.kind === 'gone') conclude()
    else setTimeout(conclude, explainMs)
  }

  return {
    failure,
    failed: () => failed,
    diagnosis,
    phase: () => phase,
    setPhase: (next) => {
      phase = next
      diagnosis.setPhase(next === 'booting' || next === 'rebooting' ? 'booting' : 'running')
    },
    reach: (stage, atMs) => {
      diagnosis.reach(stage, atMs)
    },
    consoleUser: () => consoleUser,
    lastLines: () => last,
    console: (chunk, atMs) => {
      now = atMs
      onConsole(chunk)
      lines.push(chunk)
      diagnosis.prompt(lines.pending(), atMs)
    },
    event: (event) => {
      if (event.kind === 'gone') lines.end()
      if (event.kind === 'running' || phase === 'ending') return
      if ('by' in event && event.by === 'us') return
      if (event.kind === 'reset' && phase !== 'running') {
        resets += phase === 'booting' ? 1 : 0
        diagnosis.restart()
        if (resets <= bootResets) return
      }
      decide(event)
    },
  }
}

interface Situation {
  readonly machine: string
  readonly phase: MachinePhase
  readonly resets: number
  readonly stage: Stage
  readonly findings: readonly Finding[]
  readonly lines: readonly string[]
}

// Whose fault a sign of failure is, in which words. Pure.
export const judge = (sign: MachineEvent | { readonly kind: 'finding' }, situation: Situation): JobError => {
  const { machine, phase, stage, lines, resets } = situation
  const booting = phase === 'booting'
  const finding = situation.findings.findLast(({ severity }) => severity === 'fatal' || severity === 'suspect-host')
  const tail = lines.slice(-20).join('\n')
  const infra = (message: string, hint: string): JobError => new JobError('infra-error', message, { hint, machine, stage, excerpt: tail })
  const guest = (what: string, hint: string, excerpt = tail): JobError =>
    new JobError(booting ? 'boot-failed' : 'guest-lost', what, { hint, machine, stage, excerpt })
  switch (sign.kind) {
    case 'gone': {
      const how = sign.signal === undefined ? `exited with code ${sign.exitCode ?? 'unknown'}` : `was killed by ${sign.signal}`
      const words = sign.stderr.trim().split('\n').at(-1) ?? ''
      return infra(
        `QEMU ${how}${words === '' ? '' : `: ${words}`}`,
        'This is the host, not the image: run the job again; check free memory and disk.',
      )
    }
    case 'paused':
      if (sign.cause === 'image-corrupt') {
        return new JobError('image-error', 'QEMU found the image corrupt while the machine read it', {
          hint: 'Check the file with `qemu-img check` and build or download it again.',
          machine,
          stage,
          excerpt: tail,
        })
      }
      return infra(...pauses[sign.cause])
    case 'panicked':
    case 'finding': {
      if (finding?.hostCaused === true) {
        return new JobError('infra-error', `the kernel panicked for a reason of the host: ${headline(finding)}`, {
          hint: 'A known fault of emulation on a busy host; a fresh machine usually boots.',
          machine,
          stage,
          excerpt: finding.block,
        })
      }
      if (!finding) return guest('the kernel panicked', 'The console shows no panic message: see console.log.')
      return guest(`${finding.summary ?? headline(finding)}`, finding.hint ?? 'See the block of the console.', finding.block)
    }
    case 'stopped':
      return guest(
        booting ? 'the machine powered itself off before anybody could log in' : 'the machine powered itself off',
        booting ? 'Look for what asked for a power-off at the end of the console.' : 'A test, or a service of the image, ended the system.',
      )
    case 'reset':
      return guest(
        booting ? `the machine rebooted itself ${resets} times without coming up` : 'the machine rebooted by itself',
        booting ? 'Look for the reason above each restart in the console.' : 'Use the key `reboot: true` for a reboot that a test wants.',
      )
    case 'running':
      throw new RangeError('a running machine is no failure')
  }
}

const headline = ({ block }: Finding): string => block.trim().split('\n')[0]?.trim() ?? ''

const pauses: Readonly<Record<'io-error' | 'host-full' | 'internal-error', readonly [string, string]>> = {
  'io-error': [
    'QEMU stopped the machine: reading or writing its disk failed on the host',
    'Check the disk of the host, then run the job again.',
  ],
  'host-full': ['QEMU stopped the machine: the disk of the host is full', 'Free space on the host, or give the job a smaller disk.'],
  'internal-error': [
    'QEMU stopped the machine with an internal error',
    'KVM on this host does not run this guest: try `accelerator: tcg`.',
  ],
}
