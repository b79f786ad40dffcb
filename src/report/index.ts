// The report room: one result, many forms. What the entry points need, put together.
import type { Problem } from '../config/problems'
import { redactor, type Redactor } from '../lib/redact'
import type { RunResult } from '../results'
import { actionReporter, maskSecrets, writeOutputs } from './action'
import { fileReporter } from './files'
import { logReporter } from './log'
import type { Output } from './output'
import { prepareReportDir } from './report-dir'
import { reportFiles, type ReportFiles } from './report-files'
import { allReporters, type AllReporters } from './reporter'
import { redactedResult } from './redacted'
import { openStdout } from './stdout'
import { finalReporter } from './terminal'

export interface ReportRequest {
  readonly onRunner: boolean // a GitHub runner, or one like it; else a terminal
  readonly reportDir: string // absolute
  readonly secrets: readonly string[]
  readonly live: boolean // shows guest output as it comes; on a runner always
  readonly annotations?: number // of each level; 10 unless told
  readonly problems?: () => readonly Problem[] // of a ConfigError, for annotations at their places
  readonly partial?: () => RunResult // the result as far as it is known
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly output?: Output
}

export interface Report extends AllReporters {
  readonly files: ReportFiles // where guest bytes go
  readonly output: Output // the single writer to stdout
  readonly redactor: Redactor
}

// Opens a report: secrets are masked, the folder is there and its output set when it returns. config-error: the folder cannot be written.
export const openReport = (request: ReportRequest): Report => {
  const { onRunner, reportDir, secrets, live, annotations = 10, problems = () => [], partial, env = process.env } = request
  const output = request.output ?? openStdout(onRunner, process.stdout, env)
  const redact = redactor(secrets)
  if (onRunner) {
    maskSecrets(secrets, output)
    writeOutputs({ 'report-dir': reportDir }, env)
  }
  prepareReportDir(reportDir)
  const files = reportFiles(reportDir, redact)
  const serverUrl = onRunner ? env['GITHUB_SERVER_URL'] : undefined
  const reporters = allReporters(
    [
      logReporter({ output, live: live || onRunner }),
      { onEnd: files.close },
      finalReporter(output, reportDir),
      ...(onRunner ? [actionReporter({ output, reportDir, annotations, problems, env })] : []),
      fileReporter({
        dir: reportDir,
        ...(partial === undefined ? {} : { partial: () => redactedResult(partial(), redact) }),
        ...(serverUrl === undefined ? {} : { serverUrl }),
      }),
    ],
    redact,
    (text) => {
      output.line(output.colours.yellow(`! ${text}`))
    },
  )
  return { ...reporters, files, output, redactor: redact }
}
