// From everything a user gave to one validated Job.
import { createHash } from 'node:crypto'
import { imageCache } from './cache'
import { resolvePath, type Surroundings } from '../host/checkout'
import { readCommands, readScript } from './written/commands'
import { defined } from './defined'
import { inputs as table, type GivenInputs } from './fields/inputs'
import { findingsPolicy } from './findings'
import { jobFields, type WrittenJob } from './fields/job'
import { readInputs } from './given'
import type { Job } from './job'
import { readJobFile, type Written } from './written/job-file'
import { collectProblems, type Report } from './problems'
import { imageName, machineSpec } from './machine'
import { networkSecrets, passEnv, secretsOfUrl, readSshKey, readUserData, secretsOf } from './secrets'
import { buildTests } from './tests'
import { durationOf } from './duration'
import { defaultOf } from './types/scalar'
import { refuseUnsafeEvent } from './unsafe-event'
import type { Today } from './until'

export interface LoadRequest extends Surroundings {
  readonly inputs: Readonly<Record<string, string>> // by name, in kebab-case; an empty text is an input that was not given
  readonly today: Date // decides whether an `until` is past
  readonly signal: AbortSignal
}

export interface Loaded {
  readonly job: Job
  readonly reporting: Reporting
  readonly warnings: readonly string[] // what went otherwise than asked
}

export interface Reporting {
  readonly dir?: string // absolute; absent: the caller's default
  readonly annotations: number // at most so many of a kind
}

// Reads and validates inputs and job file; fetches and starts nothing but `bash -n`. Throws a ConfigError with every problem.
export const loadJob = async ({ inputs, env, cwd, today, signal }: LoadRequest): Promise<Loaded> => {
  const problems = collectProblems()
  const { report } = problems
  const warnings: string[] = []
  const warn = (text: string): void => void warnings.push(text)
  const day: Today = { today: today.toISOString().slice(0, 10), warn }
  const surroundings = { cwd, env }

  const given = readInputs(inputs, report)
  refuseUnsafeEvent(env['GITHUB_EVENT_NAME'], given['allow-unsafe-event'] === true, report)
  const cache = imageCache(given, surroundings, report)
  const passed = passEnv(given['pass-env'] ?? [], { ...surroundings, report, warn })
  const [written, sshKey, userData] = await Promise.all([
    readTests({ inputs, given, env, cwd, signal, report, warn }),
    readSshKey(given['ssh-key'], surroundings, report),
    readUserData(given['user-data'], surroundings, report),
  ])
  const { setup = [], tests = [], teardown = [], defaults = {}, ...job }: WrittenJob = written?.job ?? {}
  const parts = buildTests(
    { setup, tests, teardown },
    { ...day, defaults, testTimeoutMs: given['test-timeout'], passedEnv: passed.env, report },
  )
  const source = given.image ?? job.image?.value.source
  if (source === undefined && written !== undefined && (inputs['image'] ?? '') === '')
    report('no image is given: set the input `image`, or the key `image` of the job file')
  problems.stop()
  const checksumFile = given['checksum-file'] ?? job.image?.value['checksum-file']

  return {
    reporting: readReporting(inputs, cwd),
    warnings,
    job: {
      title: given.title ?? job.title ?? imageName(source ?? ''),
      source: {
        sha256: createHash('sha256')
          .update(written?.text ?? '')
          .digest('hex'),
        ...defined({ job: written?.location }),
      },
      machines: [machineSpec(source ?? '', given, job, defined({ sshKey: sshKey?.key, userData }))],
      ...parts,
      findings: findingsPolicy(job.findings, day),
      failFast: given['fail-fast'] ?? job['fail-fast'] ?? defaultOf(jobFields['fail-fast']),
      timeout: durationOf(given.timeout ?? job.timeout, jobFields.timeout),
      bootAttempts: given['boot-attempts'] ?? job['boot-attempts'] ?? defaultOf(jobFields['boot-attempts']),
      secrets: secretsOf([
        ...[given.password, sshKey?.key, sshKey?.text, ...passed.masked],
        ...[source, checksumFile, given['signing-key']].flatMap(secretsOfUrl),
        ...networkSecrets(env),
      ]),
      ...defined({ cache }),
    },
  }
}

// Where the report goes, known before anything is validated and whatever is wrong with the rest. Never throws.
export const readReporting = (inputs: Readonly<Record<string, string>>, cwd: string): Reporting => {
  const { 'report-dir': dir, annotations } = readInputs(inputs, () => undefined)
  return {
    annotations: annotations ?? defaultOf(table.annotations),
    ...defined({ dir: dir === undefined ? undefined : resolvePath(dir, cwd) }),
  }
}

// What is secret among the inputs, known before anything is validated and whatever is wrong with the rest. Never throws.
export const secretsOfInputs = (inputs: Readonly<Record<string, string>>, env: LoadRequest['env']): readonly string[] => {
  const { 'pass-env': names = [] } = readInputs(inputs, () => undefined)
  const { masked } = passEnv(names, { cwd: '', env, report: () => undefined, warn: () => undefined })
  const key = inputs['ssh-key'] ?? ''
  return secretsOf([
    ...[inputs['password'], key.includes('-----BEGIN') ? key : undefined, ...masked],
    ...[inputs['image'], inputs['checksum-file'], inputs['signing-key']].flatMap(secretsOfUrl),
    ...networkSecrets(env),
  ])
}

interface TestSources extends Omit<LoadRequest, 'today'> {
  readonly given: GivenInputs
  readonly report: Report
  readonly warn: (text: string) => void
}

// From exactly one of config, commands and run; from the default job file when none of them is given.
const readTests = async ({ inputs, given, report, warn, signal, ...surroundings }: TestSources): Promise<Written | undefined> => {
  const named = (['config', 'commands', 'run'] as const).filter((name) => (inputs[name] ?? '') !== '')
  if (named.length > 1) {
    report(`the inputs ${named.join(' and ')} exclude each other; give the tests in one of them`)
    return undefined
  }
  if (given.commands !== undefined) return readCommands(given.commands, { ...surroundings, report, warn, signal })
  if (given.run !== undefined) return readScript(given.run, surroundings)
  return named.length === 0 || given.config !== undefined ? readJobFile(given.config, surroundings, report) : undefined
}
