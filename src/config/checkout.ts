// Where the user's paths lead, and how they are shown.
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'

export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// A path of the user's as an absolute one. No shell has expanded the ~ of --config=~/job.yml or of a workflow.
export const resolvePath = (path: string, cwd: string): string =>
  path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(cwd, path)

// Whether a path that lies in the workspace or the working folder leads out of it by a link. What is named elsewhere stays as it is: its
// user named it.
export const leavesCheckout = async (path: string, surroundings: Surroundings): Promise<boolean> => {
  const absolute = resolvePath(path, surroundings.cwd)
  const roots = rootsOf(surroundings).filter((root) => isInside(root, absolute))
  if (roots.length === 0) return false
  const real = await realpath(absolute)
  const realRoots = await Promise.all(roots.map((root) => realpath(root)))
  return !realRoots.some((root) => isInside(root, real))
}

const rootsOf = ({ cwd, env }: Surroundings): readonly string[] =>
  [env['GITHUB_WORKSPACE'], cwd].filter((folder) => folder !== undefined).filter((folder) => folder !== '')

const isInside = (folder: string, path: string): boolean => {
  const inside = relative(folder, path)
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)
}

// How locations name a file: relative to the workspace or the working folder when it lies in there, else as given.
export const nameFile = (path: string, surroundings: Surroundings): { readonly file: string; readonly inCheckout: boolean } => {
  const absolute = resolvePath(path, surroundings.cwd)
  const root = rootsOf(surroundings).find((folder) => isInside(folder, absolute))
  return root === undefined ? { file: path, inCheckout: false } : { file: relative(root, absolute), inCheckout: true }
}
