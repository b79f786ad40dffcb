import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { run } from '../../src/host/process'
import type { Recipe } from './recipes'

export const cacheFolder = (): string => process.env.IMAGE_TEST_GUESTS ?? join(homedir(), '.cache/image-test/guests')

export interface Build {
  readonly name: string
  readonly recipes: ReadonlyMap<string, Recipe>
  readonly folder: string // the cache
  readonly onProgress: (text: string) => void
  readonly asRoot?: readonly string[] // what the recipe is started with, so that the files of a guest belong to root
  readonly timeoutMs?: number
}

// The path of what a recipe makes; makes it first when the cache does not hold it. Processes that want the same wait for each other:
// the kernel drops a builder's lock with the builder, however it ended.
export const obtain = async (build: Build): Promise<string> => {
  const { name, recipes, folder, onProgress, asRoot = [], timeoutMs = 30 * 60_000 } = build
  const recipe = recipeOf(name, recipes)
  const result = join(folder, `${name}-${digestOf(name, recipes)}.${recipe.extension}`)
  if (exists(result)) return result

  const sources = recipe.from === undefined ? [] : [await obtain({ ...build, name: recipe.from })]
  onProgress(`building ${basename(result)}`)
  mkdirSync(folder, { recursive: true })
  const once = ['bash', join(import.meta.dirname, 'once.sh'), result, recipe.script, ...sources, ...recipe.args]
  const { ok, timedOut, stdout, stderr } = await run({
    file: 'flock',
    args: [`${result}.lock`, ...asRoot, ...once],
    timeoutMs,
  })
  if (!ok) throw new Error(`${name} could not be built${timedOut ? ` within ${timeoutMs / 1000} s` : ''}:\n${stdout}${stderr}`)
  return result
}

// A digest of everything that goes into the result, so that a change of the recipe makes a new one.
export const digestOf = (name: string, recipes: ReadonlyMap<string, Recipe>): string => {
  const { script, from, args, files } = recipeOf(name, recipes)
  const hash = createHash('sha256')
  hash.update(JSON.stringify([process.arch, args, from === undefined ? '' : digestOf(from, recipes)]))
  for (const file of [script, ...files].flatMap(filesUnder)) {
    const content = readFileSync(file)
    hash.update(JSON.stringify([relative(dirname(script), file), statSync(file).mode & 0o111, content.length])).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

const recipeOf = (name: string, recipes: ReadonlyMap<string, Recipe>): Recipe => {
  const recipe = recipes.get(name)
  if (!recipe) throw new Error(`there is no guest ${name}; there are ${[...recipes.keys()].join(', ')}`)
  return recipe
}

const filesUnder = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesUnder(join(path, name)))
    : [path]

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
