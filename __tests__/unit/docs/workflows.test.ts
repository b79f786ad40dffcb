import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ConfigError, loadJob } from '../../../src/config'
import { resolveOutputs } from '../../../src/config/fields/resolve'
import { lintWorkflow } from './actionlint'
import { documents } from './documents'
import { isOurs, readWorkflow, recipe, stepsOf, yamlExamples } from './examples'

const folder = '.github/workflows'
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  return { name: `${folder}/${name}`, text, whole: text, workflow: readWorkflow(text) }
})
const recipes = readdirSync('docs/recipes').flatMap((name) => (name.endsWith('.yml') ? [recipe(`docs/recipes/${name}`)] : []))
const examples = [...documents.flatMap(yamlExamples), ...recipes]
const jobFiles = examples.filter(({ kind }) => kind === 'job file')
const all = [...workflows, ...examples.flatMap((example) => (example.kind === 'workflow' ? [example] : []))]

const action = parse(readFileSync('action.yml', 'utf8')) as {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const scratch = mkdtempSync(join(tmpdir(), 'docs-'))
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

// What the loader says of inputs, with an example's job file where they name one.
const problemsOf = async (inputs: Readonly<Record<string, string>>, jobFile: string): Promise<string> => {
  const path = join(scratch, inputs['config'] ?? '.github/image-test.yml')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, jobFile)
  try {
    await loadJob({ inputs, env: {}, cwd: scratch, today: new Date(), signal: new AbortController().signal })
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

it('there are workflows and examples', () => {
  expect(workflows.map(({ name }) => name)).toEqual(['.github/workflows/ci.yml', '.github/workflows/release.yml'])
  expect(all.length).toBeGreaterThan(workflows.length + 2)
  expect(jobFiles.length).toBeGreaterThan(1)
})

describe.each(all)('$name', ({ text, whole, workflow }) => {
  it('is right for actionlint', async () => {
    expect(await lintWorkflow(whole)).toEqual([])
  })

  it('pins what others wrote by its commit, with the version behind it', () => {
    for (const [line, uses] of text.matchAll(/^\s*(?:- )?uses: *(\S+).*$/gm)) {
      if (isOurs({ uses: uses ?? '' })) continue
      expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  it('gives the action inputs that it has, with values that it takes, and reads outputs that it has', async () => {
    for (const { with: inputs = {} } of stepsOf(workflow).filter(isOurs)) {
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)))
      const texts = Object.entries(inputs).map(([name, value]) => [name, String(value)] as const)
      const fixed = Object.fromEntries(texts.filter(([, value]) => !value.includes('${{')))
      expect(await problemsOf({ image: 'image.qcow2', ...fixed }, jobFiles[0]?.text ?? '')).toBe('')
    }
    const outputs = [...whole.matchAll(/steps\.boot\.outputs\.([\w-]+)/g)].map(([, name]) => name)
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(outputs))
    const resolved = [...whole.matchAll(/steps\.image\.outputs\.([\w-]+)/g)].map(([, name]) => name)
    expect(Object.keys(resolveOutputs)).toEqual(expect.arrayContaining(resolved))
  })
})

describe.each([...workflows, ...recipes.flatMap((one) => (one.kind === 'workflow' ? [one] : []))])(
  '$name',
  ({ workflow: { permissions, jobs } }) => {
    it('has the least permissions, and a limit of time for each job', () => {
      expect(permissions).toEqual({ contents: 'read' })
      for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
      expect(Object.entries(jobs).filter(([, job]) => JSON.stringify(job.permissions ?? {}).includes('write'))).toHaveLength(
        'release' in jobs ? 1 : 0,
      )
    })
  },
)

describe('actionlint', () => {
  it('finds what is wrong', async () => {
    const problems = await lintWorkflow(
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    needs: b\n    steps:\n      - run: echo ${{ nothing }}\n',
    )
    expect(problems).toHaveLength(2)
  })
})

it.each(jobFiles)('the job file at $name loads', async ({ text }) => {
  const { tests = [{ run: 'true' }], ...others } = parse(text) as { readonly tests?: unknown }
  const whole = text.includes('tests:') ? text : JSON.stringify({ ...others, tests })
  expect(await problemsOf({ image: 'image.qcow2', config: 'job.yml' }, whole)).toBe('')
})

it.each(readdirSync('examples'))('examples/%s loads', async (name) => {
  expect(await problemsOf({ image: 'image.qcow2', config: 'job.yml' }, readFileSync(join('examples', name), 'utf8'))).toBe('')
})

it('Dependabot looks after what there is', () => {
  const { version, updates } = parse(readFileSync('.github/dependabot.yml', 'utf8')) as {
    readonly version: number
    readonly updates: readonly {
      readonly 'package-ecosystem': string
      readonly directory: string
      readonly schedule: { readonly interval: string }
    }[]
  }
  expect(version).toBe(2)
  for (const { 'package-ecosystem': ecosystem, directory, schedule } of updates) {
    expect(['weekly', 'monthly']).toContain(schedule.interval)
    if (ecosystem === 'npm') expect(readdirSync(join('.', directory))).toContain('package.json')
    else expect([ecosystem, directory]).toEqual(['github-actions', '/'])
  }
})
