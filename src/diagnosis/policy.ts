import type { FindingsPolicy, PatternRule } from '../config/job'
import type { Finding, Severity } from '../results'
import { compilePattern, type Pattern } from './patterns'
import { ruleById } from './rules'

export interface Judge {
  // The reason to ignore a block, if the job file gives one.
  readonly ignored: (block: string) => string | undefined
  readonly gates: (severity: Severity, rule: string) => boolean
  readonly ignoresAny: boolean
  // Looks for what the job requires to appear.
  readonly see: (text: string) => void
  readonly unmet: () => readonly PatternRule[]
  readonly complaints: readonly string[] // patterns that took too long
}

// Lines are gathered before they are searched, because a guarded search costs as much as many lines.
const batchChars = 16 * 1024

// What the job's `findings` say. config-error
export const judgeFinding = (policy: FindingsPolicy): Judge => {
  const complaints: string[] = []
  const onSlow = ({ match }: PatternRule): void => {
    complaints.push(`findings: the pattern ${JSON.stringify(match)} took longer than a second on one block and was left out`)
  }
  const ignore = policy.ignore.map((rule) => compilePattern(rule, onSlow))
  let missing: readonly Pattern[] = policy.require.map((rule) => compilePattern(rule, onSlow))
  let batch = ''
  const search = (): void => {
    const text = batch
    batch = ''
    if (text !== '') missing = missing.filter((pattern) => !pattern.matches(text))
  }
  return {
    ignored: (block) => ignore.find((pattern) => pattern.matches(block))?.reason,
    gates: (severity, rule) => gatesBy[policy.failOn](severity, rule),
    ignoresAny: ignore.length > 0,
    see: (text) => {
      if (missing.length === 0) return
      batch += `${text}\n`
      if (batch.length >= batchChars) search()
    },
    unmet: () => {
      search()
      return missing.map(({ match, reason }) => ({ match, reason }))
    },
    complaints,
  }
}

type Gates = Judge['gates']

const onlyFatal: Gates = (severity) => severity === 'fatal'

// Beyond what is fatal, what no healthy image shows fails a job.
const gatesBy: Readonly<Record<FindingsPolicy['failOn'], Gates>> = {
  default: (severity, rule) => onlyFatal(severity, rule) || (severity === 'error' && ruleById(rule)?.gates === true),
  fatal: onlyFatal,
  error: (severity, rule) => onlyFatal(severity, rule) || severity === 'error',
  never: () => false,
}

// What was required of a machine and appeared in none of its sources, as findings. A pattern may be met in the journal alone.
export const missingFindings = (
  sources: readonly { unmet(): readonly PatternRule[] }[],
  { machine, atMs, policy }: { machine: string; atMs: number; policy: FindingsPolicy },
): Finding[] => {
  const [first, ...others] = sources.map((source) => source.unmet())
  return (first ?? policy.require)
    .filter(({ match }) => others.every((unmet) => unmet.some((rule) => rule.match === match)))
    .map(({ match, reason }) => ({
      rule: 'required-missing',
      severity: 'error',
      gating: policy.failOn !== 'never',
      machine,
      source: 'console',
      stage: 'ready',
      atMs,
      line: 0,
      block: `${match}\n(${reason})`,
    }))
}
