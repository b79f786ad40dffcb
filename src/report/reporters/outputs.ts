import { join } from 'node:path'
import type { RunResult } from '../../results'
import { reportPaths } from '../folder/report-paths'
import { acceleratorKind, bootMs, tally } from '../words/verdicts'

// The outputs of the action, for every verdict. What is not known is empty, as an output that was never set would be; so is what there is not:
// a folder that was refused may be a checkout or a home, which nobody wants uploaded as a report.
export const outputsOf = (result: RunResult, reportDir: string | undefined): Readonly<Record<string, string>> => {
  const { outcome, counts, machines } = result
  const { passed, failed } = tally(result)
  const bootTime = bootMs(result)
  const [machine] = machines
  const inReport = (path: string): string => (reportDir === undefined ? '' : join(reportDir, path))
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
    accelerator: acceleratorKind(result),
    'report-dir': reportDir ?? '',
    junit: inReport(reportPaths.junit),
    json: inReport(reportPaths.json),
    'console-log': machine === undefined ? '' : inReport(reportPaths.console(machine.name)),
  }
}
