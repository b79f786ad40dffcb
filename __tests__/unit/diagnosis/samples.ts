// Reads the samples: see samples/README.md.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDiagnosis, type DiagnosisOptions, type Fatal } from '../../../src/diagnosis'
import type { GuestPhase } from '../../../src/diagnosis'
import type { Clock } from '../../../src/lib/clock'
import { lineSplitter } from '../../../src/lib/lines'
import type { Finding } from '../../../src/results'

export interface Sample {
  readonly name: string
  readonly rule: string
  readonly severity: string
  readonly phase: GuestPhase
  readonly others: readonly string[] // found in the same text
  readonly text: string // without an end of line after a prompt
  readonly line: number // of the block's start
  readonly block: string
}

const folder = join(import.meta.dirname, 'samples')

export const readSamples = (): Sample[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split(/^== /m)
        .slice(1)
        .map((part, index) => toSample(part, `${name} ${index + 1}`)),
    )

const toSample = (part: string, name: string): Sample => {
  const [header = '', ...rows] = part.replace(/\n$/, '').split('\n')
  const [rule = '', severity = '', phase = 'booting', ...others] = header.split(' ')
  const first = rows.findIndex((row) => row.startsWith('*'))
  const text = rows.map((row) => row.slice(1)).join('\n')
  return {
    ...{ name: `${name}: ${rule}`, rule, severity, phase: phase as GuestPhase, others },
    text: rows.at(-1)?.startsWith('?') ? text : `${text}\n`,
    line: (first === -1 ? rows.findIndex((row) => row.startsWith('?')) : first) + 1,
    block: rows
      .filter((row) => !row.startsWith(' '))
      .map((row) => row.slice(1))
      .filter((row, index, all) => row.trim() !== '' || index > all.findIndex((one) => one === rows[first]?.slice(1)))
      .join('\n'),
  }
}

// A clock that stands still unless it is moved.
export const manualClock = () => {
  let now = 0
  let sleeping: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeping.push({ at: now + ms, wake: resolve })
        signal?.addEventListener('abort', () => {
          reject(new Error('aborted'))
        })
      }),
  }
  return {
    clock,
    advance: async (ms: number): Promise<void> => {
      now += ms
      const due = sleeping.filter(({ at }) => at <= now)
      sleeping = sleeping.filter(({ at }) => at > now)
      for (const { wake } of due) wake()
      await new Promise(setImmediate)
    },
  }
}

export const noPolicy = { failOn: 'fatal', ignore: [], require: [] } as const

// A diagnosis with what it told, and a way to feed it text as a console does.
export const watched = (options: Partial<DiagnosisOptions> = {}) => {
  const findings: Finding[] = []
  const fatals: Fatal[] = []
  const stages: string[] = []
  const diagnosis = createDiagnosis({
    ...{ machine: 'machine', source: 'console', policy: noPolicy, accelerator: 'tcg' },
    onFinding: (finding) => findings.push(finding),
    onFatal: (fatal) => fatals.push(fatal),
    onStage: (stage) => stages.push(stage),
    ...options,
  })
  const splitter = lineSplitter((line) => {
    diagnosis.push({ ...line, atMs: line.line })
  })
  const feed = (text: string | Uint8Array): void => {
    splitter.push(typeof text === 'string' ? Buffer.from(text) : text)
    diagnosis.prompt(splitter.pending(), 0)
  }
  return { diagnosis, feed, findings, fatals, stages }
}
