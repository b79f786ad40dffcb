import { isAbsolute, join } from 'node:path'
import { JobError } from '../errors'
import { homeOf } from './home'

type Environment = Readonly<Record<string, string | undefined>>

// Where the private folders of runs lie. On a runner under RUNNER_TEMP, never /tmp: it may be a small tmpfs there. Elsewhere in the user's
// cache folder.
export const runsRoot = (env: Environment): string =>
  env['RUNNER_TEMP'] === undefined || env['RUNNER_TEMP'] === '' ? join(cacheRoot(env), 'runs') : join(env['RUNNER_TEMP'], 'image-test')

// What may outlive a run and can be removed at any time. A path that is not absolute counts for nothing, as the specification of XDG has it:
// it would be elsewhere for each working folder. config-error: there is no place.
export const cacheRoot = (env: Environment): string => {
  const { XDG_CACHE_HOME: cache = '', RUNNER_TEMP: temp = '' } = env
  if (isAbsolute(cache)) return join(cache, 'image-test')
  const home = homeOf(env)
  if (home !== undefined) return join(home, '.cache', 'image-test')
  if (temp !== '') return join(temp, 'image-test', 'cache')
  throw new JobError('config-error', 'this user has no home, so there is no place for the files of a run', {
    hint: 'Set HOME or XDG_CACHE_HOME to a folder that can be written.',
  })
}

// Images that are kept for the next job. On a runner beside the tools that are kept there.
export const imageCacheDir = (env: Environment): string => {
  const tools = env['RUNNER_TOOL_CACHE']
  return tools === undefined || tools === '' ? join(cacheRoot(env), 'images') : join(tools, 'image-test')
}

// On a runner each step has a report of its own; on a terminal it lies where the user is.
export const reportRoot = (env: Environment, cwd: string): string => {
  const temp = env['RUNNER_TEMP']
  return temp === undefined || temp === '' || env['GITHUB_ACTIONS'] !== 'true'
    ? join(cwd, 'image-test-report')
    : join(temp, 'image-test', env['GITHUB_ACTION'] ?? 'step', 'report')
}
