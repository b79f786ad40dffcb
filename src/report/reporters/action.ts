// What only GitHub's runner, or one like it, takes: masks, annotations, outputs, the job summary. Nothing depends on any of them.
import { setOutput } from '@actions/core'
import { appendFileSync, statSync } from 'node:fs'
import type { Problem } from '../../config/problems'
import type { RunResult } from '../../results'
import { annotationsOf } from './annotations'
import type { Output } from '../stdout/output'
import { outputsOf } from './outputs'
import type { Reporter } from '../reporter'
import { writeForRunner } from '../runner-files'
import { renderSummary, summaryBudgetBytes } from '../summary/summary'

export interface ActionReporterOptions {
  readonly output: Output
  readonly reportDir: string | undefined // none: it was refused
  readonly annotations: number
  readonly problems: () => readonly Problem[] // of a config-error
  readonly env?: Readonly<Record<string, string | undefined>>
}

type Env = Readonly<Record<string, string | undefined>>

// Makes the runner replace secrets in the log, line by line of each. To be done before anything else is written.
export const maskSecrets = (secrets: readonly string[], output: Output): void => {
  const lines = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).map((line) => line.trim())
  for (const line of new Set(lines)) if (line.length > 2) output.command('add-mask', {}, line)
}

export const actionReporter = ({ output, reportDir, annotations, problems, env = process.env }: ActionReporterOptions): Reporter => {
  let annotated = false
  const annotate = (result: RunResult): void => {
    if (annotated) return
    annotated = true
    for (const { level, title, message, ...place } of annotationsOf(result, { limit: annotations, problems: problems() })) {
      output.command(level, { title, ...place }, message)
    }
  }
  return {
    onVerdict: annotate,
    // The runner leaves ten seconds after a cancel: what takes no time comes first.
    onEnd: (result) => {
      annotate(result)
      const failures = [
        () => {
          writeOutputs(outputsOf(result, reportDir), env)
        },
        () => {
          appendSummary(result, env)
        },
      ].flatMap(failureOf)
      if (failures.length > 0) throw new Error(failures.join('; '))
    },
  }
}

// Without the file @actions/core would print a command that no runner takes any more.
export const writeOutputs = (outputs: Readonly<Record<string, string>>, { GITHUB_OUTPUT }: Env = process.env): void => {
  if (!GITHUB_OUTPUT) return
  writeForRunner('GITHUB_OUTPUT', 'the steps after this one see no outputs', () => {
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value)
  })
}

// What one of them cannot write keeps none of the others.
const failureOf = (write: () => void): readonly string[] => {
  try {
    write()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

const runnerLimitBytes = 1024 * 1024

const appendSummary = (result: RunResult, { GITHUB_STEP_SUMMARY, GITHUB_SERVER_URL }: Env): void => {
  if (!GITHUB_STEP_SUMMARY) return
  writeForRunner('GITHUB_STEP_SUMMARY', 'the page of the run shows no summary of this job', () => {
    const already = statSync(GITHUB_STEP_SUMMARY, { throwIfNoEntry: false })?.size ?? 0
    const budgetBytes = Math.min(summaryBudgetBytes, runnerLimitBytes - already - 1024)
    const summary = renderSummary(result, { budgetBytes, ...(GITHUB_SERVER_URL ? { serverUrl: GITHUB_SERVER_URL } : {}) })
    appendFileSync(GITHUB_STEP_SUMMARY, summary)
  })
}
