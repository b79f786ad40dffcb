import { homedir } from 'node:os'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

// Where the private folders of runs lie. On a runner under RUNNER_TEMP, never /tmp: it may be a small tmpfs there. Elsewhere in the user's
// cache folder.
export const runsRoot = (env: Environment): string =>
  env['RUNNER_TEMP'] === undefined || env['RUNNER_TEMP'] === '' ? join(cacheRoot(env), 'runs') : join(env['RUNNER_TEMP'], 'image-test')

// What may outlive a run and can be removed at any time.
export const cacheRoot = (env: Environment): string => {
  const cache = env['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(env['HOME'] ?? homedir(), '.cache') : cache, 'image-test')
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
