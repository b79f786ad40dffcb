// Where the user's paths lead, and how they are shown.
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { homeOf } from '../lib/home'
import { linkBelow } from '../lib/links'
import { readBounded } from '../lib/read-bounded'

export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// A path of the user's as an absolute one. No shell has expanded the ~ of --config=~/job.yml or of a workflow.
export const resolvePath = (path: string, cwd: string): string => {
  const home = path.startsWith('~/') ? homeOf(process.env) : undefined
  return home === undefined ? resolve(cwd, path) : join(home, path.slice(2))
}

// Reads a file that somebody named. 'leads out': it lies in the workspace or the working folder, and a link on its way leads out of it or
// nowhere; which of them is not told, nor what is there. What is named elsewhere may be a link: its user named it.
export const readNamed = async (path: string, maxBytes: number, surroundings: Surroundings) => {
  const absolute = resolvePath(path, surroundings.cwd)
  const roots = (await checkoutRoots(surroundings)).filter(({ names }) => names.some((name) => isInside(name, absolute)))
  if (roots.length === 0) return readBounded(absolute, maxBytes)
  const stays = (real: string): boolean => roots.some((root) => isInside(root.real, real))
  const real = await realpath(absolute).catch(() => undefined)
  const leaves = real === undefined ? isLinked(absolute, roots) : !stays(real)
  if (leaves) return 'leads out'
  const read = await readBounded(absolute, maxBytes, stays)
  return read === 'elsewhere' ? 'leads out' : read
}

interface Root {
  readonly names: readonly string[] // the workspace itself may be reached by a link
  readonly real: string
}

const checkoutRoots = (surroundings: Surroundings): Promise<readonly Root[]> =>
  Promise.all(
    rootsOf(surroundings).map(async (root) => {
      const real = await realpath(root).catch(() => root)
      return { names: [root, real], real }
    }),
  )

const isLinked = (path: string, roots: readonly Root[]): boolean =>
  roots.flatMap(({ names }) => names).some((name) => linkBelow(name, path) !== undefined)

// Folders that a checkout may fill: the workspace of the runner, and where we are.
export const rootsOf = ({ cwd, env }: Surroundings): readonly string[] =>
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
