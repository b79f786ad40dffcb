// What the recipes decide by, run as a runner would.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensurePackages, missingPrograms } from '../../../src/host/packages'
import { run } from '../../../src/host/process'
import { readWorkflow } from './examples'

const folder = 'docs/recipes'
beforeAll(() =>
  ensurePackages({
    ...{ missing: () => missingPrograms(['git']), packages: ['git'], elsewhere: 'Install git first.' },
    signal: new AbortController().signal,
  }),
)
const scratch = mkdtempSync(join(tmpdir(), 'recipes-'))
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

// A step's script with the shell that GitHub gives it.
const bash = (script: string, env: Readonly<Record<string, string>>, cwd = scratch) =>
  run({ file: 'bash', args: ['-ec', script], env: { ...env, PATH: process.env['PATH'] ?? '' }, cwd, timeoutMs: 60_000 })

const scriptOf = (file: string, job: string): string =>
  readWorkflow(readFileSync(join(folder, file), 'utf8')).jobs[job]?.steps?.findLast(({ run: script }) => script !== undefined)?.run ?? ''

it('the list of recipes has every one', () => {
  const told = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.yml'))) expect(told).toContain(`| [${name}](${name}) `)
})

describe.each(['kickstart.yml', 'kiwi.yml'])('the gate of %s', (file) => {
  it.each([
    ['opens when everything succeeded', 'success success success', 0],
    ['opens when there was nothing to build', 'success skipped skipped', 0],
    ['is closed when the image was not built', 'success failure skipped', 1],
    ['is closed when a test failed', 'success success failure', 1],
    ['is closed when somebody cancelled', 'success cancelled skipped', 1],
  ])('%s', async (_, results, exitCode) => {
    expect((await bash(scriptOf(file, 'gate'), { RESULTS: results })).exitCode).toBe(exitCode)
  })
})

describe.each([
  ['kickstart.yml', 'kickstarts/fedora-cloud-base.ks', 'docs/index.md'],
  ['kiwi.yml', 'teams/cloud/cloud.xml', 'README.md'],
])('%s', (file, built, other) => {
  it.each([
    ['builds an image', 'of a change to it', built, 'true'],
    ['builds an image', 'of a change to its tests', '.github/image-test.yml', 'true'],
    ['builds none', 'of a change to something else', other, 'false'],
  ])('%s %s', async (_does, _when, changed, image) => {
    const repository = mkdtempSync(join(scratch, 'repository-'))
    const git = async (...args: readonly string[]) => {
      const identity = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@example.com', '-c', 'commit.gpgsign=false']
      expect(await run({ file: 'git', args: [...identity, ...args], cwd: repository, timeoutMs: 60_000 })).toMatchObject({ exitCode: 0 })
    }
    await git('init', '-q')
    await git('commit', '-q', '--allow-empty', '-m', 'before')
    mkdirSync(dirname(join(repository, changed)), { recursive: true })
    writeFileSync(join(repository, changed), 'changed\n')
    await git('add', '.')
    await git('commit', '-q', '-m', 'after')
    const output = join(scratch, 'output')
    writeFileSync(output, '')
    const { exitCode } = await bash(scriptOf(file, 'changes'), { BASE: 'HEAD^1', GITHUB_OUTPUT: output }, repository)
    expect([exitCode, readFileSync(output, 'utf8')]).toEqual([0, `image=${image}\n`])
  })
})
