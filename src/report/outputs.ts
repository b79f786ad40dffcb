import { join } from 'node:path'
import type { RunResult } from '../results'
import { reportPaths } from './report-paths'
import { bootMs, tally } from './verdicts'

// The outputs of the action, for every verdict. What is not known is empty, as an output that was never set would be.
export const outputsOf = (result: RunResult, reportDir: string): Readonly<Record<string, string>> => {
  const { outcome, counts, machines, accelerator } = result
  const { passed, failed } = tally(result)
  const bootTime = bootMs(result)
  const [machine] = machines
  return {
    verdict: outcome,
    passed: String(passed), // flaky and xfailed among them
    failed: String(failed), // xpassed and error among them, what does not gate left out
    skipped: String(counts.skipped),
    flaky: String(counts.flaky),
    total: String(counts.total),
    'image-sha256': machine?.image.sha256 ?? '',
    'fetched-sha256': machine?.image.fetchedSha256 ?? '',
    'cache-key': machine?.image.cacheKey ?? '',
    'boot-seconds': bootTime === undefined ? '' : (bootTime / 1000).toFixed(1),
    accelerator: accelerator.kind,
    'report-dir': reportDir,
    junit: join(reportDir, reportPaths.junit),
    json: join(reportDir, reportPaths.json),
    'console-log': machine === undefined ? '' : join(reportDir, reportPaths.console(machine.name)),
  }
}
