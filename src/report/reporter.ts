import type { RunEvent } from '../events'
import type { Redactor } from '../lib/redaction/redact'
import type { RunResult } from '../results'
import { redactedEvent, redactedResult } from './redacted'

// Something that tells people or programs how the run goes and how it ended. onEnd comes once, last.
export interface Reporter {
  onEvent?(event: RunEvent): void
  onVerdict?(result: RunResult): void
  onEnd?(result: RunResult): void | Promise<void>
}

export interface AllReporters {
  readonly onEvent: (event: RunEvent) => void
  readonly onVerdict: (result: RunResult) => void // when the verdict is known and the machines may still be there; may be left out
  readonly onEnd: (result: RunResult) => Promise<void>
}

// Passes everything on, secrets replaced, to each reporter in its order. One that fails does not keep the others from reporting, nor the
// job from its verdict: what went wrong is told to `onProblem`.
export const allReporters = (reporters: readonly Reporter[], redactor: Redactor, onProblem: (text: string) => void): AllReporters => {
  const failed = (error: unknown): void => {
    onProblem(`a part of the report could not be written: ${redactor.text(error instanceof Error ? error.message : String(error))}`)
  }
  const toEach = (report: (reporter: Reporter) => void): void => {
    for (const reporter of reporters) {
      try {
        report(reporter)
      } catch (error) {
        failed(error)
      }
    }
  }
  return {
    onEvent: (event) => {
      const shown = redactedEvent(event, redactor)
      toEach((reporter) => reporter.onEvent?.(shown))
    },
    onVerdict: (result) => {
      const shown = redactedResult(result, redactor)
      toEach((reporter) => reporter.onVerdict?.(shown))
    },
    onEnd: async (result) => {
      const shown = redactedResult(result, redactor)
      for (const reporter of reporters)
        await Promise.resolve(reporter)
          .then((one) => one.onEnd?.(shown))
          .catch(failed)
    },
  }
}
