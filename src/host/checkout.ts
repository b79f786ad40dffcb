// Where the user's paths lead, and how they are shown.
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { homeOf } from './home'
import { linkBelow } from './files/links'
import { readBounded } from './files/read-bounded'

export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// A path of the user's as an absolute one. No shell has expanded the ~ of --config=~/job.yml or of a workflow.
export const resolvePath = (path: string, cwd: string): string => {
  const home = path.startsWith('~/') ? homeOf(process.env) : undefined
  return home === undefined ? resolve(cwd, path) : join(home, path.slice(2))
}

// Whether a path lies in the workspace or the working folder, and a link on its way leads out of it or nowhere; which of them is not told, nor
// what is there. What is named elsewhere may be a link: its user named it.
export const leadsOut = async (path: string, surroundings: Surroundings): Promise<boolean> => {
  const absolute = resolvePath(path, surroundings.cwd)
  const roots = await rootsAround(absolute, surroundings)
  if (roots.length === 0) return false
  const real = await realpath(absolute).catch(() => undefined)
  return real === undefined ? isLinked(absolute, roots) : !isInAny(roots, real)
}

// Reads a file that somebody named, unless it leads out, also by then.
export const readNamed = async (path: string, maxBytes: number, surroundings: Surroundings) => {
  if (await leadsOut(path, surroundings)) return 'leads out'
  const absolute = resolvePath(path, surroundings.cwd)
  const roots = await rootsAround(absolute, surroundings)
  const read = await readBounded(absolute, maxBytes, (real) => roots.length === 0 || isInAny(roots, real))
  return read === 'elsewhere' ? 'leads out' : read
}

interface Root {
  readonly names: readonly string[] // the workspace itself may be reached by a link
  readonly real: string
}

const rootsAround = async (path: string, surroundings: Surroundings): Promise<readonly Root[]> => {
  const roots = rootsOf(surroundings).map(async (root) => {
    const real = await realpath(root).catch(() => root)
    return { names: [root, real], real }
  })
  return (await Promise.all(roots)).filter(({ names }) => names.some((name) => isInside(name, path)))
}

const isInAny = (roots: readonly Root[], real: string): boolean => roots.some((root) => isInside(root.real, real))

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
