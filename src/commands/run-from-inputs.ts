// What the action and the terminal command share: inputs in, a report and a result out, for every verdict.
import { join } from 'node:path'
import { ConfigError, loadJob, readReporting, secretsOfInputs, type Problem } from '../config'
import { rootsOf } from '../host/checkout'
import type { Job } from '../config/job'
import { JobError, toJobError } from '../errors'
import { shownSource } from '../lib/shown'
import { redactor as createRedactor, type Redactor } from '../lib/redaction/redact'
import { actionReporter, maskSecrets, writeOutputs } from '../report/reporters/action'
import { fileReporter } from '../report/reporters/files'
import { logReporter } from '../report/reporters/log'
import { redacted, redactedResult } from '../report/redacted'
import { prepareReportDir } from '../report/folder/report-dir'
import { reportFiles } from '../report/folder/report-files'
import { allReporters } from '../report/reporter'
import { openStdout } from '../report/stdout/stdout'
import { finalReporter } from '../report/reporters/terminal'
import type { RunResult } from '../results'
import { runJob } from '../run/run'
import { outside as real, type Outside } from '../run/outside'
import { cacheRoot, reportRoot, runsRoot } from '../host/places'
import { createRecorder, type Recorder } from '../run/recorder'
import { emptyJob } from './empty-job'
import { replayCommand } from './replay'

export interface AppRequest {
  readonly inputs: Readonly<Record<string, string>>
  readonly onRunner: boolean // of GitHub or one like it: fences, annotations, outputs, a job summary
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly marker: string // names the run's ledger, by which others find what it made
  readonly signal: AbortSignal
  readonly log?: NodeJS.WriteStream // stdout unless told
  readonly obstacle?: JobError | undefined // why the run may not begin, known before: it is what is reported
  readonly keep?: boolean // leave the machine up after the tests, until the signal
  readonly outside?: Outside
}

// Runs a job from its inputs to its report and throws nothing. The result is the one that was reported.
export const runFromInputs = async ({
  inputs,
  onRunner,
  env,
  cwd,
  marker,
  signal,
  log = process.stdout,
  obstacle,
  keep = false,
  outside = real,
}: AppRequest): Promise<RunResult> => {
  const output = openStdout(onRunner, log, env)
  const reporting = readReporting(inputs, cwd)
  const dir = reporting.dir ?? reportRoot(env, cwd)
  const serverUrl = env['GITHUB_SERVER_URL']
  let problems: readonly Problem[] = []
  let secrets = secretsOfInputs(inputs, env)
  let redactor: Redactor = createRedactor(secrets)
  let job = emptyJob(inputs['image'] === undefined ? 'image-test' : shownSource(inputs['image']))
  let failure: JobError | undefined
  let writable = false // what lies in a folder that was refused is not ours
  const warnings: string[] = []
  try {
    prepareReportDir(dir, { fault: reporting.dir === undefined ? 'infra-error' : 'config-error', checkouts: rootsOf({ cwd, env }) })
    writable = true
    if (onRunner) tellReportDir(dir)
    const loaded = await loadJob({ inputs, env, cwd, today: new Date(), signal })
    job = loaded.job
    warnings.push(...loaded.warnings)
    if (obstacle !== undefined) throw obstacle
    secrets = job.secrets
    redactor = createRedactor(secrets)
  } catch (thrown) {
    failure = toJobError(signal.aborted ? signal.reason : thrown)
    if (thrown instanceof ConfigError) problems = thrown.problems
  }
  if (onRunner) maskSecrets(secrets, output)
  const reportDir = writable ? dir : undefined

  const files = reportFiles(dir, redactor)
  const reporters = allReporters(
    [
      logReporter({ output, live: onRunner || output.colours.bold('') !== '' }),
      ...(onRunner
        ? [
            actionReporter({
              output,
              reportDir,
              annotations: reporting.annotations,
              problems: () => redacted(problems, redactor),
              env,
            }),
          ]
        : []),
      ...(writable
        ? [fileReporter({ dir, redactor, partial: () => recorder.result(unfinished), ...(serverUrl === undefined ? {} : { serverUrl }) })]
        : []),
      finalReporter(output, reportDir),
    ],
    redactor,
    (text) => {
      output.line(text)
    },
  )
  const recorder: Recorder = createRecorder({
    job,
    tool: outside.tool(),
    source: sourceOf(job, env),
    files: writable ? files : { ...files, list: () => [] },
    replay: replayCommand(inputs, redactor.text),
    onEvent: (event) => {
      reporters.onEvent(event)
    },
  })
  warnings.forEach(recorder.warn)
  const result = failure === undefined ? await runInWorkspace() : recorder.result({ ...ending(failure), cleanup: { removed: 0, left: [] } })
  files.close()
  await reporters.onEnd(result)
  return redactedResult(result, redactor)

  // Before anything else happens, so that the steps that follow have it whatever becomes of us.
  function tellReportDir(told: string): void {
    try {
      writeOutputs({ 'report-dir': told }, env)
    } catch (thrown) {
      warnings.push(toJobError(thrown).message)
    }
  }

  async function runInWorkspace(): Promise<RunResult> {
    try {
      const root = runsRoot(env)
      const workspace = await outside.openWorkspace(root, marker)
      const result = await runJob({
        job,
        workspace,
        recorder,
        capture: (id, stream, attempt) => files.capture(id, stream, attempt),
        signal,
        keep,
        outside,
        onVerdict: reporters.onVerdict,
        cwd,
        env,
        acceleratorCache: join(cacheRoot(env), 'accelerator.json'),
      })
      await workspace.ledger.release()
      return result
    } catch (thrown) {
      // Only what is left when nothing else works, such as a working folder that cannot be written.
      const cause = thrown instanceof Error ? thrown.message : String(thrown)
      if (thrown instanceof JobError) return recorder.result({ ...ending(thrown), cleanup: { removed: 0, left: [] } })
      const error = new JobError('infra-error', `the run could not be prepared: ${cause}`, {
        hint: `${runsRoot(env)} must be writable and have free space; set RUNNER_TEMP or XDG_CACHE_HOME to have it elsewhere.`,
        cause: thrown,
      })
      return recorder.result({ ...ending(error), cleanup: { removed: 0, left: [] } })
    }
  }
}

const ending = (error: JobError) => ({ outcome: error.outcome, message: error.message, error })

// What results.json says while the run goes on, for whoever finds it after a crash.
const unfinished = {
  ...ending(new JobError('infra-error', 'the run did not come to its end', { hint: 'See the log; run `image-test clean` on this host.' })),
  cleanup: { removed: 0, left: [] },
}

const sourceOf = (job: Job, env: AppRequest['env']): RunResult['source'] => {
  const { GITHUB_REPOSITORY: repository, GITHUB_SHA: commit, GITHUB_RUN_ID: runId, GITHUB_RUN_ATTEMPT: attempt } = env
  return {
    jobSha256: job.source.sha256,
    ...(job.source.job === undefined ? {} : { job: job.source.job }),
    ...(repository === undefined ? {} : { repository }),
    ...(commit === undefined ? {} : { commit }),
    ...(runId === undefined ? {} : { runId }),
    ...(attempt === undefined ? {} : { runAttempt: Number(attempt) }),
  }
}
