import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionReporter, maskSecrets, writeOutputs } from '../../../../src/report/reporters/action'
import { outputsOf } from '../../../../src/report/reporters/outputs'
import { runnerOutput } from '../../../../src/report/stdout/runner-output'
import type { RunResult } from '../../../../src/results'
import { bootFailed, failedRun, machine, run } from '../../../support/results'

let dir: string
let log: string
const output = runnerOutput({ write: (text) => (log += text), colour: false })
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'action-'))
  log = ''
})
afterEach(() => {
  rmSync(dir, { recursive: true })
  delete process.env['GITHUB_OUTPUT']
})

describe('the outputs', () => {
  it('of a run in which tests failed', () => {
    expect(outputsOf(failedRun(), '/report')).toEqual({
      verdict: 'failed',
      passed: '8',
      failed: '2',
      skipped: '1',
      flaky: '1',
      total: '12',
      'image-sha256': machine.image.sha256,
      'cache-key': `image-test-sha256-${machine.image.fetchedSha256 ?? ''}`,
      'fetched-sha256': machine.image.fetchedSha256,
      'boot-seconds': '18.4',
      accelerator: 'kvm',
      'report-dir': '/report',
      junit: '/report/junit.xml',
      json: '/report/results.json',
      'console-log': '/report/machines/machine/console.log',
    })
  })

  it('count the boot from power-on, and are empty when there was none', () => {
    const [boot] = machine.boots
    const poweredOn = run({ machines: [{ ...machine, boots: boot ? [{ ...boot, poweredOnAtMs: 13_600 }] : [] }] })
    expect(outputsOf(poweredOn, '/r')['boot-seconds']).toBe('17.4')
    expect(outputsOf(bootFailed(), '/r')['boot-seconds']).toBe('')
    expect(outputsOf(run({ machines: [] }), '/r')).toMatchObject({ 'image-sha256': '', 'cache-key': '', 'console-log': '' })
  })
})

const report = async (result: RunResult, env: Record<string, string>, annotations = 10): Promise<void> => {
  const reporter = actionReporter({ output, reportDir: '/report', annotations, problems: () => [], env })
  reporter.onVerdict?.(result)
  await reporter.onEnd?.(result)
}

it('writes annotations once, outputs, and the summary after what stands there already', async () => {
  const env = { GITHUB_OUTPUT: join(dir, 'output'), GITHUB_STEP_SUMMARY: join(dir, 'summary'), GITHUB_SERVER_URL: 'https://github.com' }
  process.env['GITHUB_OUTPUT'] = env.GITHUB_OUTPUT // where @actions/core looks
  writeFileSync(env.GITHUB_OUTPUT, '')
  writeFileSync(env.GITHUB_STEP_SUMMARY, 'before\n')
  await report(failedRun(), env)
  expect(log.match(/^::(error|warning|notice) /gm)).toEqual(['::error ', '::error ', '::error ', '::warning ', '::warning ', '::notice '])
  expect(log.split('\n')[0]).toBe(
    '::error title=the root file system grew,file=.github/image-test.yml,line=13::$ size=$(df --output=size -B1G / | tail -1)%0A' +
      `[ "$size" -ge 9 ]%0Aexit code 1 instead of 0 (0.6 s)%0A%0A++ df --output=size -B1G /%0A++ tail -1%0A+ size='         5'%0A+ '[' '         5' -ge 9 ']'`,
  )
  expect(readFileSync(env.GITHUB_OUTPUT, 'utf8')).toMatch(/^verdict<<(ghadelimiter_\S+)\nfailed\n\1\n/)
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')).toMatch(
    /^before\n## ❌ Failed · Fedora Cloud 44\n[^]*https:\/\/github\.com\/fedora-cloud\/images\/blob/,
  )
})

it('keeps the summary of a step below the limit above which the runner drops all of it', async () => {
  const env = { GITHUB_STEP_SUMMARY: join(dir, 'summary') }
  writeFileSync(env.GITHUB_STEP_SUMMARY, 'x'.repeat(1024 * 1024 - 4000))
  await report(failedRun(), env)
  const summary = readFileSync(env.GITHUB_STEP_SUMMARY)
  expect(summary.length).toBeGreaterThan(1024 * 1024 - 4000)
  expect(summary.length).toBeLessThanOrEqual(1024 * 1024)
})

it('needs neither outputs nor a summary to exist', async () => {
  await report(failedRun(), {}, 0)
  writeOutputs({ verdict: 'passed' }, {})
  expect(log).toBe('')
})

it.each(['/dev/full', '/proc/missing', '/'])(
  'says what is lost where the files of the runner are %s, and reports the rest',
  async (file) => {
    process.env['GITHUB_OUTPUT'] = file
    const env = { GITHUB_OUTPUT: file, GITHUB_STEP_SUMMARY: file }
    await expect(report(failedRun(), env)).rejects.toThrow(
      /GITHUB_OUTPUT cannot be written, so the steps after this one see no outputs: .*GITHUB_STEP_SUMMARY cannot be written, so the page/,
    )
    expect(log).toContain('::error ')
    const summary = join(dir, 'summary')
    await expect(report(failedRun(), { GITHUB_OUTPUT: file, GITHUB_STEP_SUMMARY: summary })).rejects.toThrow('GITHUB_OUTPUT')
    expect(readFileSync(summary, 'utf8')).toContain('Failed')
  },
)

it('masks every line of a secret, but not one or two characters', () => {
  maskSecrets(['hunter2', ' first line \r\nsecond%\nno\n', 'no', '', ' '], output)
  expect(log.split('\n')).toEqual([
    '::add-mask::hunter2',
    '::add-mask::first line%0D%0Asecond%25%0Ano'.replace('first line%0D', 'first line %0D'),
    '::add-mask::first line',
    '::add-mask::second%25',
    '',
  ])
})
