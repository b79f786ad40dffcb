// A run of many tests with much output, through everything that reports it. Prints what it took; started by load.test.ts in a process of
// its own, so that its memory can be told; or by hand: npx vite-node __tests__/e2e/load.ts TESTS BYTES-OF-EACH
import '../../src/host/small-heap'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redactor as createRedactor } from '../../src/lib/redaction/redact'
import { actionReporter } from '../../src/report/reporters/action'
import { fileReporter } from '../../src/report/reporters/files'
import { logReporter } from '../../src/report/reporters/log'
import { prepareReportDir } from '../../src/report/folder/report-dir'
import { reportFiles } from '../../src/report/folder/report-files'
import { allReporters } from '../../src/report/reporter'
import { runnerOutput } from '../../src/report/stdout/runner-output'
import { finalReporter } from '../../src/report/reporters/terminal'
import type { RunResult, TestResult } from '../../src/results'
import { run, test } from '../support/results'

export interface Load {
  readonly seconds: number
  readonly cpuSeconds: number // of its own; the kernel's, for a file of each test, depend on the file system by a factor of ten
  readonly kernelCpuSeconds: number
  readonly endCpuSeconds: number // of which after the last test
  readonly addedBytes: number // of resident memory
  readonly logBytes: number
  readonly jsonBytes: number
}

const line = Buffer.from('[   12.345678] systemd[1]: Started cloud-init.service - Initial cloud-init job (metadata service crawler).\n')

const report = async (count: number, bytesPerTest: number): Promise<Load> => {
  const dir = mkdtempSync(join(tmpdir(), 'load-'))
  const residentBefore = process.memoryUsage.rss()
  const startedMs = performance.now()
  const usageBefore = process.cpuUsage()
  const env = { GITHUB_STEP_SUMMARY: join(dir, 'step-summary') }
  writeFileSync(env.GITHUB_STEP_SUMMARY, '')
  prepareReportDir(dir)
  const redactor = createRedactor(['hunter2-hunter2', 'ghp_0123456789abcdefghijABCDEFGHIJ456789'])
  const files = reportFiles(dir, redactor)
  const log = join(dir, 'log')
  const logFile = openSync(log, 'w')
  const output = runnerOutput({ write: (text) => void writeSync(logFile, text), colour: true })
  const tests: TestResult[] = []
  const partial = (): RunResult => run({ tests: [...tests] })
  const reporters = allReporters(
    [
      logReporter({ output, live: true }),
      actionReporter({ output, reportDir: dir, annotations: 10, problems: () => [], env }),
      fileReporter({ dir, partial, redactor }),
      finalReporter(output, dir),
    ],
    redactor,
    (text) => {
      throw new Error(text)
    },
  )
  let peakBytes = 0
  const chunk = Buffer.concat(Array.from({ length: Math.min(300, Math.ceil(bytesPerTest / line.length)) }, () => line))
  for (let n = 0; n < count; n += 1) {
    const id = `test-${n}`
    reporters.onEvent({ kind: 'test-started', id, name: `test number ${n}`, test: 'run', number: n + 1, of: count, atMs: n })
    const capture = files.capture(id, 'stdout', 1)
    for (let sent = 0; sent < bytesPerTest; sent += chunk.length) {
      reporters.onEvent({ kind: 'output', id, stream: 'stdout', text: capture.push(chunk), atMs: n })
    }
    const failed = n % 50 === 0
    const result = test(`test number ${n}`, {
      id,
      outcome: failed ? 'failed' : 'passed',
      ...(failed ? { message: 'exit 1, expected 0' } : {}),
      attempts: [
        {
          kind: 'exited',
          code: failed ? 1 : 0,
          matched: !failed,
          durationMs: 3,
          stdout: capture.end(),
          stderr: files.capture(id, 'stderr', 1).end(),
        },
      ],
    })
    tests.push(result)
    reporters.onEvent({ kind: 'test-finished', result, atMs: n })
    if (n % 100 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }
  const usageAtEnd = process.cpuUsage()
  files.close()
  await reporters.onEnd(run({ outcome: 'failed', tests }))
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024)
  const used = process.cpuUsage(usageBefore)
  const load = {
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: used.user / 1e6,
    kernelCpuSeconds: used.system / 1e6,
    endCpuSeconds: process.cpuUsage(usageAtEnd).user / 1e6,
    addedBytes: peakBytes - residentBefore,
    logBytes: statSync(log).size,
    jsonBytes: statSync(join(dir, 'results.json')).size,
  }
  closeSync(logFile)
  rmSync(dir, { recursive: true })
  return load
}

const [count, bytesPerTest] = process.argv.slice(-2).map(Number)
if (count !== undefined && bytesPerTest !== undefined) console.log(JSON.stringify(await report(count, bytesPerTest)))
