// Where the user's paths lead, and how they are shown.
import { homedir } from 'node:os'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'

export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// A path of the user's as an absolute one. No shell has expanded the ~ of --config=~/job.yml or of a workflow.
export const resolvePath = (path: string, cwd: string): string =>
  path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(cwd, path)

// How locations name a file: relative to the workspace or the working folder when it lies in there, else as given.
export const nameFile = (path: string, { cwd, env }: Surroundings): { readonly file: string; readonly inCheckout: boolean } => {
  const absolute = resolvePath(path, cwd)
  for (const folder of [env['GITHUB_WORKSPACE'], cwd]) {
    const inside = folder === undefined || folder === '' ? '' : relative(folder, absolute)
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return { file: inside, inCheckout: true }
  }
  return { file: path, inCheckout: false }
}
