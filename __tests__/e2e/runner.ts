// Runs the action as a runner runs it: the committed bundle, inputs and state in the environment, command files, main and then post.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const node20 = process.execPath
const entries = { main: resolve('dist/index.js'), post: resolve('post/index.js') }

export interface Step {
  readonly dir: string
  readonly workspace: string
  readonly temp: string
  readonly inputs: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly node: string
}

export interface Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly log: string // stdout and stderr, both of which a runner reads for commands
  readonly durationMs: number
}

export interface Ran extends Finished {
  readonly post: Finished
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  readonly annotations: readonly Annotation[]
  readonly result: () => unknown // results.json
  readonly reportDir: string
  readonly left: readonly string[] // what remains: processes with our mark, and files beside the report
}

export interface Annotation {
  readonly level: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

export const newStep = (inputs: Step['inputs'], options: Partial<Pick<Step, 'env' | 'node'>> = {}): Step => {
  const dir = mkdtempSync(join(tmpdir(), 'step-'))
  const workspace = join(dir, 'workspace')
  const temp = join(dir, 'temp')
  mkdirSync(workspace)
  mkdirSync(temp)
  return { dir, workspace, temp, inputs, env: options.env ?? {}, node: options.node ?? node20 }
}

const commandFiles = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_PATH'] as const

const environment = (step: Step): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: step.dir,
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTION: '__image-test',
  GITHUB_WORKSPACE: step.workspace,
  GITHUB_EVENT_NAME: 'pull_request',
  RUNNER_TEMP: step.temp,
  RUNNER_TOOL_CACHE: join(step.dir, 'tools'),
  RUNNER_OS: 'Linux',
  RUNNER_ARCH: 'X64',
  ...Object.fromEntries(commandFiles.map((name) => [name, join(step.dir, name)])),
  ...Object.fromEntries(allInputs().map((name) => [`INPUT_${name.toUpperCase()}`, step.inputs[name] ?? ''])),
  ...step.env,
})

// The runner sets every input of action.yml, the absent ones to the empty text.
const allInputs = (): readonly string[] => {
  const text = readFileSync('action.yml', 'utf8')
  const block = text.slice(text.indexOf('\ninputs:'), text.indexOf('\noutputs:'))
  return [...block.matchAll(/^ {2}([a-z-]+):/gm)].map(([, name]) => name ?? '')
}

export interface Started {
  readonly pid: number
  readonly log: () => string
  readonly finished: Promise<Finished>
  kill(signal: NodeJS.Signals): void
}

export const startMain = (step: Step): Started => {
  for (const name of commandFiles) if (!existsSync(join(step.dir, name))) writeFileSync(join(step.dir, name), '')
  return start(step, environment(step))
}

export const runPost = (step: Step): Promise<Finished> => {
  const state = Object.fromEntries(
    Object.entries(pairs(readFileSync(join(step.dir, 'GITHUB_STATE'), 'utf8'))).map(([name, value]) => [`STATE_${name}`, value]),
  )
  return start(step, { ...environment(step), ...state }, entries.post).finished
}

export const runAction = async (step: Step, during?: (main: Started) => void | Promise<void>): Promise<Ran> => {
  const main = startMain(step)
  await during?.(main)
  const finished = await main.finished
  const post = await runPost(step)
  return { ...finished, post, ...evidence(step, finished.log) }
}

export const evidence = (step: Step, log: string): Omit<Ran, keyof Finished | 'post'> => {
  const outputs = pairs(readFileSync(join(step.dir, 'GITHUB_OUTPUT'), 'utf8'))
  const reportDir = outputs['report-dir'] ?? join(step.temp, 'image-test', '__image-test', 'report')
  return {
    outputs,
    summary: readFileSync(join(step.dir, 'GITHUB_STEP_SUMMARY'), 'utf8'),
    annotations: annotationsIn(log),
    reportDir,
    result: () => JSON.parse(readFileSync(join(reportDir, 'results.json'), 'utf8')) as unknown,
    left: leftovers(step),
  }
}

const start = (step: Step, env: Record<string, string>, entry = entries.main): Started => {
  const startedMs = performance.now()
  const child = spawn(step.node, [entry], { env, cwd: step.workspace, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  return {
    pid: child.pid ?? 0,
    log: () => log,
    finished: new Promise((resolve) =>
      child.on('close', (exitCode, signal) => {
        resolve({ exitCode, signal, log, durationMs: performance.now() - startedMs })
      }),
    ),
    kill: (signal) => child.kill(signal),
  }
}

// Command files: name=value, or name<<DELIMITER, lines, DELIMITER.
export const pairs = (text: string): Record<string, string> => {
  const found: Record<string, string> = {}
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const heredoc = /^([^=<]+)<<(.+)$/.exec(line)
    if (heredoc) {
      const end = lines.indexOf(heredoc[2] ?? '', index + 1)
      found[heredoc[1] ?? ''] = lines.slice(index + 1, end).join('\n')
      index = end
    } else if (line.includes('=')) found[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
  }
  return found
}

// As the runner reads a log: commands at the start of a line, none between stop-commands and its token.
export const commandsIn = (
  log: string,
): readonly { readonly name: string; readonly properties: Record<string, string>; readonly message: string }[] => {
  const commands = []
  let stopToken: string | undefined
  for (const line of log.split(/\r?\n/)) {
    const match = /^\s*::([^ :]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line)
    if (stopToken !== undefined) {
      if (match?.[1] === stopToken) stopToken = undefined
      continue
    }
    const legacy = /##\[([a-z-]+)(?: [^\]]*)?\](.*)$/.exec(line)
    if (match?.[1] === 'stop-commands') stopToken = match[3]
    else if (match?.[1] !== undefined) {
      const properties = Object.fromEntries(
        (match[2] ?? '')
          .split(',')
          .filter((part) => part.includes('='))
          .map((part) => [part.slice(0, part.indexOf('=')), unescape(part.slice(part.indexOf('=') + 1))]),
      )
      commands.push({ name: match[1], properties, message: unescape(match[3] ?? '') })
    } else if (legacy) commands.push({ name: `##${legacy[1] ?? ''}`, properties: {}, message: legacy[2] ?? '' })
  }
  return commands
}

const unescape = (text: string): string =>
  text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%')

const annotationsIn = (log: string): readonly Annotation[] =>
  commandsIn(log)
    .filter(({ name }) => ['error', 'warning', 'notice'].includes(name))
    .map(({ name, properties, message }) => ({ level: name, properties, message }))

// Processes that stem from this step, by their environment, and folders of runs under its RUNNER_TEMP.
export const leftovers = (step: Step): readonly string[] => {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environ = readFileSync(`/proc/${pid}/environ`, 'latin1')
        return environ.split('\0').includes(`RUNNER_TEMP=${step.temp}`) ? [`${pid} ${readlinkSync(`/proc/${pid}/exe`)}`] : []
      } catch {
        return []
      }
    })
  const root = join(step.temp, 'image-test')
  const runs = existsSync(root) ? readdirSync(root).filter((name) => name.startsWith('run-')) : []
  return [...processes, ...runs]
}
