// Carries out one row of the fault table with a real QEMU and the committed bundle, and tells in what the run differs from what is expected.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '../../../src/errors'
import type { RunResult } from '../../../src/results'
import { guest } from '../../guests'
import { assertValidResult } from '../../support/valid-result'
import { evidence, leftovers, newStep, runPost, startMain, type Finished, type Step } from '../runner'
import { emulated, type Expected, type Outcome, type Prepared, type Row, type Verdict } from './row'
import { runTerminal, startTerminal } from './terminal'
import { watchRun } from './watch'

// More than this and a runner's other steps feel it.
const peakLimitBytes = 200 * 1024 * 1024

// slack: how much slower than an idle host this one may be; whatever the product itself promises is not stretched. timed: how long it took is
// judged, too, which tells something on a host that does nothing else.
export const runRow = async (row: Row, slack = 1, timed = true): Promise<Outcome> => {
  const image = row.guest === undefined ? {} : { image: await guest(row.guest) }
  const bare = newStep({ ...emulated, ...image, ...row.inputs, ...(row.job === undefined ? {} : { config: 'job.yml' }) })
  if (row.job !== undefined) writeFileSync(join(bare.workspace, 'job.yml'), row.job)
  let prepared: Prepared | undefined
  try {
    prepared = await row.prepare?.(bare)
    return await carryOut(
      row,
      {
        ...bare,
        inputs: stretched({ ...bare.inputs, ...prepared?.inputs }, slack),
        env: { ...prepared?.env },
        node: prepared?.node ?? bare.node,
      },
      slack,
      timed,
    )
  } finally {
    await prepared?.undo?.()
    rmSync(bare.dir, { recursive: true, force: true })
  }
}

// A machine that never comes up is waited for as long as one that does takes here.
const stretched = (inputs: Readonly<Record<string, string>>, slack: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const [, count, unit] = (['boot-timeout', 'timeout'].includes(name) && /^(\d+)([sm])$/.exec(value)) || []
      return [name, count === undefined || unit === undefined ? value : `${Number(count) * slack}${unit}`]
    }),
  )

const carryOut = async (row: Row, step: Step, slack: number, timed: boolean): Promise<Outcome> => {
  const expected = { ...row.expected, withinSeconds: row.expected.withinSeconds * slack }
  const terminal = row.by === 'terminal'
  const differences: string[] = []
  const different = (what: string, error?: unknown): void => {
    differences.push(error === undefined ? what : `${what}: ${error instanceof Error ? error.message : JSON.stringify(error)}`)
  }
  const main = terminal ? startTerminal(step) : startMain(step)
  const watch = watchRun(step, main, expected.sign, slack)
  try {
    await row.during?.(watch.run)
  } catch (error) {
    different('what was to be done during the run failed', error)
  }
  const finished = await watch.finished
  const leftAtEnd = leftovers(step)
  const cleaner = terminal ? 'clean' : (row.cleaner ?? 'post')
  const post = cleaner === 'clean' ? await runTerminal(step, ['clean']) : await runPost(step)
  const leftAfterPost = leftovers(step)

  if (expected.verdict !== 'none' && leftAtEnd.length > 0) different(`left at the end: ${leftAtEnd.join(', ')}`)
  if (leftAfterPost.length > 0) different(`left for good: ${leftAfterPost.join(', ')}`)
  if (post.exitCode !== 0) different(`${cleaner} ended with ${String(post.exitCode)}: ${post.log}`)

  const seen = terminal ? terminalEvidence(step) : evidence(step, finished.log)
  const result = resultOf(seen.result, expected, different)
  const reported = (terminal ? result?.outcome : seen.outputs['verdict']) ?? 'none'
  if (expected.verdict === 'none') {
    if (!terminal && seen.outputs['verdict'] !== undefined) different(`the verdict ${seen.outputs['verdict']} of a run that was killed`)
  } else if (reported !== expected.verdict) different(`the verdict ${reported} instead of ${expected.verdict}`)
  const exitCode = expected.exitCode === undefined ? usualExitCode(expected.verdict, terminal) : expected.exitCode
  if (finished.exitCode !== exitCode) different(`exit code ${String(finished.exitCode)} instead of ${String(exitCode)}`)
  const reactMs = watch.reactMs()
  if (timed) timely(finished, reactMs, expected, different)
  if (reactMs === undefined && (expected.sign !== undefined || expected.reactSeconds !== undefined)) {
    different(`the fault never showed${expected.sign === undefined ? '' : `: ${String(expected.sign)}`}`)
  }
  if (watch.peakBytes() > peakLimitBytes) different(`took ${Math.round(watch.peakBytes() / 1024 / 1024)} MiB of memory`)

  if (expected.verdict !== 'none') {
    const errors = seen.annotations.filter(({ level }) => level === 'error')
    if (!terminal && errors.length > 0 === (expected.verdict === 'passed')) different(`${errors.length} error annotations`)
    if (result) {
      compare(result, expected, different)
      files(result, seen.reportDir, expected, different)
      try {
        const facts = { log: finished.log, annotations: seen.annotations, reportDir: seen.reportDir, seconds: finished.durationMs / 1000 }
        await expected.check?.({ step, result, ...facts })
      } catch (error) {
        different('check', error)
      }
    }
  }
  return {
    reported: expected.verdict === 'none' && seen.outputs['verdict'] === undefined ? 'none' : (reported as Verdict),
    differences,
    seconds: finished.durationMs / 1000,
    reactMs,
    peakBytes: watch.peakBytes(),
    log: finished.log,
  }
}

type Different = (what: string, error?: unknown) => void

const usualExitCode = (verdict: Verdict, terminal: boolean): number | null => {
  if (verdict === 'none') return null
  return terminal ? exitCodes[verdict] : Number(verdict !== 'passed')
}

const terminalEvidence = (step: Step) => {
  const reportDir = join(step.workspace, 'image-test-report')
  return {
    outputs: {} as Readonly<Record<string, string>>,
    annotations: [],
    reportDir,
    result: () => JSON.parse(readFileSync(join(reportDir, 'results.json'), 'utf8')) as unknown,
  }
}

const resultOf = (read: () => unknown, { report, verdict }: Expected, different: Different): RunResult | undefined => {
  if (report === false || verdict === 'none') return undefined
  try {
    return assertValidResult(read())
  } catch (error) {
    different('results.json', error)
    return undefined
  }
}

const timely = ({ durationMs }: Finished, reactMs: number | undefined, expected: Expected, different: Different): void => {
  const { withinSeconds, reactSeconds } = expected
  if (durationMs > withinSeconds * 1000) different(`took ${(durationMs / 1000).toFixed(1)} s instead of at most ${withinSeconds} s`)
  if (reactMs !== undefined && reactSeconds !== undefined && reactMs > reactSeconds * 1000) {
    different(`the verdict came ${(reactMs / 1000).toFixed(1)} s after the fault instead of at most ${reactSeconds} s`)
  }
}

const compare = (result: RunResult, expected: Expected, different: Different): void => {
  const { verdict, stage, message, warning, tests } = expected
  if (result.outcome !== verdict) different(`results.json says ${result.outcome}`)
  if (message && !message.test(result.message)) different(`the message “${result.message}” does not match ${String(message)}`)
  if (verdict !== 'passed' && verdict !== 'failed' && (result.hint ?? '') === '') different('no hint what to do')
  const stages = typeof stage === 'string' ? [stage] : (stage ?? [])
  if (stages.length > 0 && !stages.some((one) => one === result.stage)) {
    different(`the stage ${result.stage ?? 'unknown'} instead of ${stages.join(' or ')}`)
  }
  if (warning && !result.warnings.some((text) => warning.test(text))) {
    different(`no warning that matches ${String(warning)}: ${JSON.stringify(result.warnings)}`)
  }
  if (result.cleanup.left.length > 0) different(`cleanup left ${result.cleanup.left.join(', ')}`)
  if (tests) {
    const ran = Object.fromEntries(result.tests.map(({ id, outcome }) => [id, outcome]))
    if (JSON.stringify(ran) !== JSON.stringify(tests)) different(`tests ${JSON.stringify(ran)} instead of ${JSON.stringify(tests)}`)
  }
}

const files = (result: RunResult, reportDir: string, { verdict, machine }: Expected, different: Different): void => {
  const require = (path: string): void => {
    const file = join(reportDir, path)
    if (!existsSync(file) || statSync(file).size === 0) different(`there is no ${path} in the report`)
  }
  for (const path of ['results.json', 'junit.xml', 'summary.md', ...result.files.map((file) => file.path)]) require(path)
  const ran = machine ?? (verdict === 'passed' || verdict === 'failed' || verdict === 'boot-failed' || verdict === 'guest-lost')
  if (ran) require('machines/machine/console.log')
  if (verdict === 'boot-failed' || verdict === 'guest-lost') {
    require('machines/machine/screenshot.png')
    require('machines/machine/qemu.log')
  }
}
