import { systemClock, type Clock } from '../../lib/clock'
import type { Redactor } from '../../lib/redaction/redact'
import type { RunResult } from '../../results'
import { writeAtomic } from '../folder/atomic-file'
import { resultsJson } from './json'
import { junit } from './junit'
import { listReport } from '../folder/report-dir'
import { reportPaths } from '../folder/report-paths'
import { redactedResult } from '../redacted'
import type { Reporter } from '../reporter'
import { renderSummary, type SummaryOptions } from '../summary/summary'

interface WriteOptions extends SummaryOptions {
  readonly ended?: boolean // lists the files that lie there
}

// Writes junit.xml, summary.md and results.json, each whole or not at all. When one cannot be written the others are; throws at the end.
export const writeReports = (result: RunResult, dir: string, { ended = true, ...options }: WriteOptions = {}): void => {
  const errors: unknown[] = []
  const attempt = (write: () => void): void => {
    try {
      write()
    } catch (error) {
      errors.push(error)
    }
  }
  attempt(() => {
    writeAtomic(dir, reportPaths.junit, junit(result))
  })
  attempt(() => {
    writeAtomic(dir, reportPaths.summary, [renderSummary(result, options)])
  })
  attempt(() => {
    writeAtomic(dir, reportPaths.json, resultsJson(ended ? { ...result, files: listReport(dir) } : result))
  })
  if (errors.length > 0) throw errors[0]
}

export interface FileReporterOptions {
  readonly dir: string
  readonly partial?: () => RunResult // the result as far as it is known, written while the run goes, so that a crash leaves it
  readonly redactor?: Redactor // for `partial`, which does not come through allReporters
  readonly serverUrl?: string // of GitHub, for links to lines of the checkout
  readonly clock?: Pick<Clock, 'now'>
}

const everyMs = 2000
const shareOfTime = 20 // a write that takes a second is not repeated within twenty

// Rewrites the report while the run goes, with pauses that grow with what it costs, and at the end.
export const fileReporter = ({ dir, partial, redactor, serverUrl, clock = systemClock }: FileReporterOptions): Reporter => {
  const options = serverUrl === undefined ? {} : { serverUrl }
  let nextMs = -Infinity
  return {
    onEvent: ({ kind }) => {
      if (partial === undefined || (kind !== 'test-finished' && kind !== 'phase' && kind !== 'finding')) return
      const startMs = clock.now()
      if (startMs < nextMs) return
      const result = partial()
      writeReports(redactor ? redactedResult(result, redactor) : result, dir, { ...options, ended: false })
      const tookMs = clock.now() - startMs
      nextMs = startMs + Math.max(everyMs, tookMs * shareOfTime)
    },
    onEnd: (result) => {
      writeReports(result, dir, options)
    },
  }
}
