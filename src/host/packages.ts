import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { JobError } from '../errors'
import { systemClock } from '../lib/clock'
import { run, type Finished } from './process'

export interface Packages {
  readonly missing: () => readonly string[] // names what is not there yet; asked again after the installation
  readonly packages: readonly string[] // that bring it, as Debian and Ubuntu name them
  readonly elsewhere: string // what to do by hand where there is no apt
  readonly signal: AbortSignal
  readonly marker?: string // in the environment of apt and what it starts: by it the ledger finds them
  readonly timeoutMs?: number // for everything together; a mirror that hangs must not hold the job
  readonly onProgress?: (text: string) => void
  readonly isRoot?: boolean
}

// Installs packages with apt when something is missing. The index is refreshed only when the installation fails off the one there is:
// on a hosted runner that saves most of the time. infra-error
export const ensurePackages = (request: Packages): Promise<void> => {
  if (request.missing().length === 0) return Promise.resolve()
  const done = turn.then(() => install(request))
  turn = done.catch(() => undefined)
  return done
}

// apt-get waits for the lock of dpkg, but not for that of its index: installations of one process take turns.
let turn: Promise<void> = Promise.resolve()

const install = async (request: Packages): Promise<void> => {
  const missing = request.missing()
  if (missing.length === 0) return
  const { packages, elsewhere, signal, marker, timeoutMs = 5 * 60_000, onProgress, isRoot = process.getuid?.() === 0 } = request
  const names = missing.join(', ')
  if (missingPrograms(['apt-get']).length > 0) {
    throw new JobError('infra-error', `${names} not found, and there is no apt-get to install it with`, { hint: elsewhere })
  }
  const byHand = `Install it first: sudo apt-get install ${packages.join(' ')}`
  if (!isRoot && missingPrograms(['sudo']).length > 0) {
    throw new JobError('infra-error', `${names} not found, and only root may install it: there is no sudo`, { hint: byHand })
  }
  const deadline = systemClock.now() + timeoutMs
  const apt = (...args: string[]): Promise<Finished> => {
    const marked = marker === undefined ? [] : [`IMAGE_TEST_RUN=${marker}`]
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', ...marked, 'apt-get', '-o', 'DPkg::Lock::Timeout=60', ...args]
    const [file = '', ...rest] = isRoot ? command : ['sudo', '-n', ...command]
    return run({ file, args: rest, timeoutMs: Math.max(deadline - systemClock.now(), 1), signal })
  }
  const installing = (): Promise<Finished> => apt('install', '--no-install-recommends', '-y', ...packages)

  onProgress?.(`installing ${packages.join(' ')}`)
  let result = await installing()
  if (!result.ok && !result.timedOut) {
    onProgress?.('refreshing the package index')
    const update = await apt('update')
    result = update.timedOut ? update : await installing()
  }
  if (!result.ok) {
    const why = result.timedOut ? `apt-get did not end within ${Math.round(timeoutMs / 1000)} s` : `apt-get failed: ${complaint(result)}`
    throw new JobError('infra-error', `${names} not found, and ${packages.join(' ')} could not be installed: ${why}`, { hint: byHand })
  }
  const still = request.missing()
  if (still.length > 0) {
    throw new JobError('infra-error', `${still.join(', ')} not found, although apt-get installed ${packages.join(' ')}`, {
      hint: elsewhere,
    })
  }
}

// Those of the programs that are not on the PATH, nor where a user's PATH often does not lead.
export const missingPrograms = (names: readonly string[], path = process.env.PATH ?? ''): readonly string[] => {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/sbin']
  return names.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))))
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// apt marks what went wrong with E:, dpkg and sudo do not.
const complaint = ({ stderr, stdout }: Finished): string => {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  const errors = lines.filter((line) => line.startsWith('E: ')).map((line) => line.slice(3))
  return (errors.length > 0 ? errors.slice(0, 5) : lines.slice(-1)).join('; ') || 'it said nothing'
}
