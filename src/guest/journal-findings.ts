import type { FindingsPolicy, PatternRule } from '../config/job'
import { createDiagnosis, withoutRepeats, type Diagnosis } from '../diagnosis'
import type { Stage } from '../errors'
import { readJournal } from './journal'
import type { Session } from './session'
import type { Accelerator, Finding, TestResult } from '../results'

// Where a run keeps what a journal tells, and what of the run it is held against.
export interface JournalRecorder {
  readonly startMs: number
  readonly journalSink: (machine: string) => (chunk: Uint8Array) => void
  readonly finding: (finding: Finding) => void
  readonly warn: (text: string) => void
  readonly tests: () => readonly TestResult[]
}

export interface JournalFindingsRequest {
  readonly machine: string
  readonly policy: FindingsPolicy
  readonly accelerator: Accelerator
  readonly recorder: JournalRecorder
  readonly console: Diagnosis // what it told already is not told again
}

export interface Journal {
  // Of the boot that ends now, or with the tests: its file grows, and what the console did not show becomes findings. A journal that
  // cannot be read is a warning; a guest without one is a guest without one. Throws only the signal's reason.
  read(session: Session, stages: readonly ReachedStage[], signal: AbortSignal): Promise<void>
  unmet(): readonly PatternRule[] // what the policy requires and no journal so far has
}

export interface ReachedStage {
  readonly stage: Stage
  readonly atMs: number // from the start of the run
}

const limitMs = 10_000 // of one reading under KVM

export const createJournal = ({ machine, policy, accelerator, recorder, console }: JournalFindingsRequest): Journal => {
  let unmet = policy.require
  let sink: ((chunk: Uint8Array) => void) | undefined
  return {
    read: async (session, stages, signal) => {
      if (!session.hasJournal) return
      const diagnosis = createDiagnosis({ machine, source: 'journal', policy, accelerator: accelerator.kind })
      const ahead = [...stages]
      const conclude = (): void => {
        diagnosis.flush()
        withoutRepeats(console.findings, diagnosis.findings).forEach(recorder.finding)
        diagnosis.complaints.forEach(recorder.warn)
        const missing = diagnosis.unmet()
        unmet = unmet.filter(({ match }) => missing.some((rule) => rule.match === match))
      }
      // What was read until the signal came counts.
      const trouble = await readJournal({
        session,
        signal,
        timeoutMs: limitMs * accelerator.slowdown,
        onData: (chunk) => {
          sink ??= recorder.journalSink(machine)
          sink(chunk)
        },
        onLine: (line) => {
          const atMs = Math.max(line.atMs - recorder.startMs, 0)
          for (let next = ahead[0]; next && next.atMs <= atMs; next = ahead[0]) {
            diagnosis.reach(next.stage, next.atMs)
            if (next.stage === 'ready') diagnosis.setPhase('running')
            ahead.shift()
          }
          diagnosis.setTest(testAt(recorder, atMs))
          diagnosis.push({ ...line, atMs })
        },
      }).finally(conclude)
      if (trouble !== undefined) recorder.warn(`the journal of ${machine} could not be read whole: ${trouble}`)
    },
    unmet: () => unmet,
  }
}

const testAt = (recorder: JournalRecorder, atMs: number): string | undefined =>
  recorder.tests().findLast(({ startedAtMs = Infinity, durationMs }) => startedAtMs <= atMs && atMs <= startedAtMs + durationMs)?.id
