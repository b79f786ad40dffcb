import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, obtain } from '../guests/cache'
import { recipesIn, type Recipe } from '../guests/recipes'

const guests = join(import.meta.dirname, '../guests')

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guests-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

describe('the list', () => {
  it('has a recipe for every fault, with what is broken in words', () => {
    const recipes = recipesIn(guests)
    expect([...recipes.keys()]).toEqual(expect.arrayContaining(['tiny', 'panic', 'hang', 'corrupt-root', 'blank', 'debian', 'debian13']))
    expect(recipes.get('no-sshd')).toMatchObject({
      args: ['no-sshd'],
      about: 'tiny, but runs no sshd, though it boots and gets an address',
    })
    for (const { about, files, script } of recipes.values()) {
      expect(about).toMatch(/^.{10,180}$/)
      for (const file of [script, ...files]) expect(existsSync(file), file).toBe(true)
    }
  })
})

describe('the digest of a recipe', () => {
  const digests = (): Map<string, string> => {
    const recipes = recipesIn(dir)
    return new Map([...recipes.keys()].map((name) => [name, digestOf(name, recipes)]))
  }
  // What a change of one file makes anew.
  const changedBy = (file: string): string[] => {
    cpSync(guests, dir, { recursive: true })
    const before = digests()
    writeFileSync(join(dir, file), `${readFileSync(join(dir, file), 'utf8')}# changed\n`)
    return [...digests()].filter(([name, digest]) => before.get(name) !== digest).map(([name]) => name)
  }

  it('is the same for the same files in another folder', () => {
    cpSync(guests, dir, { recursive: true })
    const recipes = recipesIn(guests)
    expect(digests()).toEqual(new Map([...recipes.keys()].map((name) => [name, digestOf(name, recipes)])))
  })

  it("changes with a fault's fragment for that fault alone", () => {
    expect(changedBy('tiny/faults/hang.rc.sh')).toEqual(['hang'])
  })

  it('changes with a file of the root file system for tiny and all its faults', () => {
    const changed = changedBy('tiny/root/etc/rc')
    expect(changed).toEqual(expect.arrayContaining(['tiny', 'panic', 'no-sshd']))
    expect(changed).not.toContain('debian')
    expect(changed).not.toContain('tiny-packages')
  })

  it('changes with what the recipe is made from', () => {
    const distributions = [...recipesIn(guests).keys()].filter((name) => name.startsWith('debian'))
    expect(changedBy('debian/tree.sh').sort()).toEqual(distributions.sort())
    expect(distributions).toEqual(expect.arrayContaining(['debian-tree', 'debian13-tree', 'debian', 'debian13', 'debian-degraded']))
  })
})

describe('the cache', () => {
  const recipe = (...lines: readonly string[]): ReadonlyMap<string, Recipe> => {
    const script = join(dir, 'recipe.sh')
    writeFileSync(script, `${lines.join('\n')}\n`)
    return new Map([['thing', { about: '', script, args: ['an argument'], files: [], extension: 'qcow2' as const }]])
  }
  const want = (recipes: ReadonlyMap<string, Recipe>): Promise<string> =>
    obtain({ name: 'thing', recipes, folder: join(dir, 'cache'), onProgress: () => undefined })

  it('makes a thing once, and leaves nothing else but its lock', async () => {
    const recipes = recipe(`echo "$2" > "$1"`, `echo made >> ${dir}/log`, 'touch rubbish')
    const path = await want(recipes)
    expect(await want(recipes)).toBe(path)
    expect(readFileSync(path, 'utf8')).toBe('an argument\n')
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('made\n')
    expect(readdirSync(join(dir, 'cache'))).toEqual([path, `${path}.lock`].map((file) => file.slice(dir.length + '/cache/'.length)))
  })

  it('lets those who want the same at the same time wait for one builder', async () => {
    const recipes = recipe('sleep 0.3', 'echo > "$1"', `echo made >> ${dir}/log`)
    const paths = await Promise.all([want(recipes), want(recipes), want(recipes)])
    expect(new Set(paths).size).toBe(1)
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('made\n')
  })

  it('is not blocked by the lock and the half-made thing of a builder that was killed', async () => {
    const recipes = recipe(`[ -e ${dir}/second ] || { touch half ${dir}/second; exec sleep 60; }`, '[ ! -e half ]', 'echo whole > "$1"')
    const result = join(dir, 'cache', `thing-${digestOf('thing', recipes)}.qcow2`)
    mkdirSync(join(dir, 'cache'))
    const builder = spawn('flock', [`${result}.lock`, 'bash', join(guests, 'once.sh'), result, join(dir, 'recipe.sh')], { detached: true })
    while (!existsSync(join(dir, 'second'))) await new Promise((resolve) => setTimeout(resolve, 20))
    process.kill(-(builder.pid ?? 0), 'SIGKILL')
    await once(builder, 'exit')
    expect(await want(recipes)).toBe(result)
    expect(readFileSync(result, 'utf8')).toBe('whole\n')
  })

  it('says what the recipe said when it fails, and leaves no result', async () => {
    await expect(want(recipe('echo no space left >&2', 'exit 1'))).rejects.toThrow(/^thing could not be built:\nno space left/)
    expect(readdirSync(join(dir, 'cache')).filter((file) => !file.endsWith('.lock'))).toEqual([])
  })

  it('names what there is when asked for something unknown', async () => {
    await expect(obtain({ name: 'fedora', recipes: recipe(), folder: dir, onProgress: () => undefined })).rejects.toThrow(
      'there is no guest fedora; there are thing',
    )
  })
})
