// Runs a job file from its text to its report on a paper machine: only the clock and what lies outside of the engine are paper.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { vi } from 'vitest'
import { parse } from 'yaml'
import { runFromInputs } from '../../../src/commands/run-from-inputs'
import { JobError } from '../../../src/errors'
import { systemClock } from '../../../src/lib/clock'
import type { RunResult } from '../../../src/results'
import type { Outside } from '../../../src/run/outside'
import { onPaperClock } from './clock'
import { paperDisk, paperOutside, paperWorkspace } from './outside'
import type { MachineFate, StepFate } from './story'
import { paperTestbeds } from './testbed'

export interface Played {
  readonly file: string // the job file's text
  readonly machines: readonly (Omit<MachineFate, 'steps'> & { readonly steps: Readonly<Record<string, Partial<StepFate>>> })[] // by name
  readonly stdout?: { readonly isTTY: boolean; readonly columns: number }
  readonly as: 'action' | 'command'
}

export interface WholeReport {
  readonly result: RunResult
  readonly log: string // of the step, or what the terminal shows
  readonly outputs: string // of the step
  readonly summary: string // of the step
  readonly files: ReadonlyMap<string, string> // of the report folder
}

export const playReport = async (played: Played): Promise<WholeReport> => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'paper-')))
  try {
    return await playIn(root, played)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const playIn = async (root: string, { file, machines, stdout, as }: Played): Promise<WholeReport> => {
  const cwd = join(root, 'checkout')
  const at = (name: string, text = ''): string => {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  at('checkout/.git/HEAD')
  at('checkout/.github/image-test.yml', file)
  const env = {
    ...{ GITHUB_ACTION: 'paper', GITHUB_WORKSPACE: cwd, GITHUB_SERVER_URL: 'https://github.com' },
    ...{ GITHUB_REPOSITORY: 'fedora-cloud/images', GITHUB_SHA: '4b1d2f0e9c8b7a695847362514039281706f5e4d' },
    ...{ GITHUB_RUN_ID: '17654321', GITHUB_RUN_ATTEMPT: '1', RUNNER_TEMP: join(root, 'temp'), XDG_CACHE_HOME: join(root, 'cache') },
    ...(as === 'action' ? { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: at('output'), GITHUB_STEP_SUMMARY: at('summary') } : {}),
  }
  vi.stubEnv('GITHUB_OUTPUT', env.GITHUB_OUTPUT) // @actions/core reads it there
  let log = ''
  const written = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log += chunk.toString()
      done()
    },
  })
  const cancelled = new AbortController()
  const steps = stepsOf(file)
  const paper = paperTestbeds({
    fates: machines.map((machine) => ({ ...machine, steps: steps.map(({ name }) => ({ ...usual, ...machine.steps[name] })) })),
    stepOf: (script) => steps.findIndex((step) => (step.run ?? '(sleep 0.3; systemctl reboot') === script.slice(0, step.run?.length ?? 28)),
    cancel: () => {
      cancelled.abort(new JobError('cancelled', 'the run was cancelled (SIGINT)', { hint: 'Nothing is left behind.' }))
    },
  })
  let begin = (): void => undefined
  const begins = new Promise<void>((resolve) => (begin = resolve))
  const run = () =>
    runFromInputs({
      ...{ inputs: { config: '.github/image-test.yml' }, onRunner: as === 'action', env, cwd, marker: 'paper', signal: cancelled.signal },
      log: Object.assign(written, stdout) as unknown as NodeJS.WriteStream,
      outside: {
        ...paperOutside(paper, { obtainImage }),
        openWorkspace: () => {
          begin()
          return Promise.resolve(paperWorkspace)
        },
      },
    })
  try {
    const result = await onPaperClock(run, { startMs: Date.parse('2026-11-22T10:15:00Z'), begins })
    const dir = as === 'action' ? join(root, 'temp/image-test/paper/report') : join(cwd, 'image-test-report')
    const shown = (text: string): string => withoutChance(text.replaceAll(root, '/paper'))
    const read = (path: string): string => shown(readFileSync(path, 'utf8'))
    return {
      ...{ result, log: shown(log) },
      ...(as === 'action' ? { outputs: read(env.GITHUB_OUTPUT ?? ''), summary: read(env.GITHUB_STEP_SUMMARY ?? '') } : noneOfThem),
      files: new Map(filesIn(dir).map((path) => [path, read(join(dir, path))])),
    }
  } finally {
    vi.unstubAllEnvs()
  }
}

const noneOfThem = { outputs: '', summary: '' }
const usual: StepFate = { tries: [], reboot: 'comes-back' }

// Tokens of the runner's commands and files are of chance: the first is 1, and so on.
const withoutChance = (text: string): string => {
  const known: string[] = []
  const number = (token: string): string => {
    if (!known.includes(token)) known.push(token)
    return String(known.indexOf(token) + 1)
  }
  return text
    .replace(/ghadelimiter_[0-9a-f-]{36}/g, 'ghadelimiter')
    .replace(
      /^(::stop-commands::|::)([0-9a-f]{32})(::)?$/gm,
      (_, start: string, token: string, end = '') => `${start}token-${number(token)}${end as string}`,
    )
}

export const filesIn = (dir: string): readonly string[] =>
  (existsSync(dir) ? readdirSync(dir, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1))
    .sort()

interface Written {
  readonly name: string
  readonly run?: string
}

const stepsOf = (file: string): readonly Written[] => {
  const { setup = [], tests, teardown = [] } = parse(file) as Record<'setup' | 'tests' | 'teardown', Partial<Written>[] | undefined>
  return [...setup, ...(tests ?? []), ...teardown].map(({ name, run }) => ({
    name: name ?? run ?? 'reboot',
    ...(run === undefined ? {} : { run }),
  }))
}

const digest = '5ab7c2ad1f0a9c6b4f0fc3f1b44b77a5ab53d3c76e0a1b2f8f0d6c7e9a4b1c2d'

const obtainImage: Outside['obtainImage'] = async (_request, { onProgress, signal }) => {
  for (const percent of [0, 25, 50, 75]) {
    onProgress(`downloading Fedora-Cloud-Base-Generic-44.qcow2: ${percent} % of 557 MiB`)
    await systemClock.sleep(3000, signal)
  }
  return {
    disks: [{ ...paperDisk, format: 'qcow2', virtualBytes: 5 * 1024 ** 3 }],
    facts: {
      asked: 'fedora:44',
      url: 'https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44.qcow2',
      fetchedSha256: digest,
      verified: 'signature',
      verifiedBy: 'CHECKSUM signed by 36F6 12DC F27F 7D1A 48A8 35E4 DBFC F71C 6D9F 90A6',
      bytes: 583_729_152,
      virtualBytes: 5 * 1024 ** 3,
      format: 'qcow2',
      cacheKey: `image-test-sha256-${digest}`,
      cached: false,
    },
    loginUser: 'fedora',
    proof: () => Promise.resolve({ sha256: digest, unchanged: true }),
  }
}
