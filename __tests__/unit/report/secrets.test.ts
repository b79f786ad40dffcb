// A secret that is printed with something inside that is not seen is replaced wherever it is told.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../../src/events'
import { viewsOf } from '../../../src/lib/redaction/interruptions'
import { redactor } from '../../../src/lib/redaction/redact'
import { actionReporter } from '../../../src/report/reporters/action'
import { fileReporter } from '../../../src/report/reporters/files'
import { logReporter } from '../../../src/report/reporters/log'
import { redacted } from '../../../src/report/redacted'
import { reportFiles } from '../../../src/report/folder/report-files'
import { allReporters } from '../../../src/report/reporter'
import { runnerOutput } from '../../../src/report/stdout/runner-output'
import { finalReporter } from '../../../src/report/reporters/terminal'
import { terminalOutput } from '../../../src/report/stdout/terminal-output'
import type { RunResult } from '../../../src/results'
import { interruptions, written } from '../lib/redaction/interruptions'
import { bootFailed, exited, failedRun, run, test } from '../../support/results'

const secret = 'hunter2horse'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'secrets-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

// What every reporter writes about a run in which the guest printed so: by name, the report's files, log, terminal and job summary.
const told = async (shown: string): Promise<Readonly<Record<string, string>>> => {
  const redact = redactor([secret])
  const shownOn = { runner: '', terminal: '' }
  const summary = join(dir, 'step-summary')
  writeFileSync(summary, '')
  const report = mkdtempSync(join(dir, 'report-'))
  const files = reportFiles(report, redact)
  const bytes = Buffer.from(`password: ${shown}, so\n`)
  const runner = runnerOutput({ write: (text) => (shownOn.runner += text), colour: true })
  const terminal = terminalOutput({ write: (text) => (shownOn.terminal += text), colour: true, tty: true, columns: () => 80 })
  const problem = { message: `unknown key ${shown}`, location: { file: 'job.yml', line: 1, inCheckout: true } }
  const env = { GITHUB_STEP_SUMMARY: summary }
  const shared = { reportDir: report, annotations: 10, env }
  const reporters = allReporters(
    [
      logReporter({ output: runner, live: true }),
      logReporter({ output: terminal, live: false }),
      actionReporter({ output: runner, ...shared, problems: () => [] }),
      actionReporter({ output: runner, ...shared, problems: () => redacted([problem], redact) }),
      fileReporter({ dir: report }),
      finalReporter(terminal, report),
    ],
    redact,
    (text) => {
      throw new Error(text)
    },
  )
  const capture = files.capture('one', 'stdout', 1)
  const console = files.consoleSink('machine')
  const journal = files.journalSink('machine')
  const failed = test(`echo ${shown}`, { outcome: 'failed', message: `stdout is ${JSON.stringify(shown)} instead of empty` })
  const emit = (event: RunEvent): void => {
    reporters.onEvent(event)
  }
  emit({ kind: 'test-started', id: failed.id, name: failed.name, test: 'run', number: 1, of: 1, atMs: 0 })
  for (let from = 0; from < bytes.length; from += 5) {
    const chunk = bytes.subarray(from, from + 5)
    console(chunk)
    journal(chunk)
    emit({ kind: 'output', id: failed.id, stream: 'stdout', text: capture.push(chunk), atMs: 0 })
  }
  const stdout = capture.end((text) => {
    emit({ kind: 'output', id: failed.id, stream: 'stdout', text, atMs: 0 })
  })
  const result = { ...failed, attempts: [{ ...exited(1), stdout }] }
  emit({ kind: 'test-finished', result, atMs: 0 })
  for (const kind of ['note', 'warning', 'waiting'] as const) emit({ kind, text: `it is ${shown}`, atMs: 0 })
  await files.qemuLog('machine', `qemu -append ${shown}`)
  const findings = bootFailed().findings.map((finding) => ({ ...finding, block: `say ${shown}`, summary: `said ${shown}` }))
  for (const finding of findings) emit({ kind: 'finding', finding, atMs: 0 })
  files.close()
  const end = (more: Partial<RunResult>): Promise<void> =>
    reporters.onEnd(run({ title: shown, warnings: [`warned of ${shown}`], findings, message: `because of ${shown}`, ...more }))
  await end({ ...failedRun(), tests: [result], outcome: 'failed', title: shown })
  const ofFailure = filesIn(report)
  await end({ outcome: 'boot-failed', hint: `not ${shown}`, excerpt: `said\n${shown}`, tests: [] })
  const [runnerLog, terminalLog] = [shownOn.runner, shownOn.terminal].map((text) => Buffer.from(text).toString('latin1'))
  const logs = { runner: runnerLog ?? '', terminal: terminalLog ?? '' }
  return { ...logs, 'step summary': readFileSync(summary, 'latin1'), ...ofFailure, ...prefixed('boot-failed ', filesIn(report)) }
}

const prefixed = (prefix: string, texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [prefix + name, text]))

const filesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name).slice(folder.length + 1), readFileSync(join(parentPath, name), 'latin1')]),
  )

describe.each(Object.entries({ nothing: '', ...interruptions, ...written }))('with %s inside', (_, between) => {
  it.each(['once', 'everywhere'])('%s, nothing tells it', async (how) => {
    const shown = how === 'once' ? `hun${between}ter2horse` : Array.from(secret).join(between)
    const texts = await told(shown)
    expect(Object.keys(texts)).toEqual(
      expect.arrayContaining(['runner', 'terminal', 'step summary', 'junit.xml', 'summary.md', 'results.json', 'outputs/one.stdout.txt']),
    )
    for (const [name, text] of Object.entries(texts)) {
      expect(text, name).toContain('***')
      for (const { bytes } of viewsOf(text)) expect(bytes, name).not.toContain(secret)
    }
  })
})
