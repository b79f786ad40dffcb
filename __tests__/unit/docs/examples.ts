// What kind of YAML an example is, and whole workflows out of parts of one.
import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { blocksIn, type Block } from './markdown'

export interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<
    Record<string, { readonly steps?: readonly Step[]; readonly permissions?: unknown; readonly 'timeout-minutes'?: number }>
  >
}

export type Example = Block & { readonly name: string } & (
    { readonly kind: 'workflow'; readonly workflow: Workflow; readonly whole: string } | { readonly kind: 'job file' }
  )

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ofWorkflow = (text: string): { readonly kind: 'workflow'; readonly workflow: Workflow; readonly whole: string } => ({
  kind: 'workflow',
  workflow: parse(text) as Workflow,
  whole: text,
})

export const readWorkflow = (text: string): Workflow => ofWorkflow(text).workflow

// Every YAML example of a file. A list of steps stands in a job of its own; jobs alone take the place of those of the last workflow before them.
export const yamlExamples = (file: string): readonly Example[] => {
  let last: Workflow | undefined
  return blocksIn(file, /^ya?ml$/).map((block) => {
    const name = `${file}:${block.line}`
    const value: unknown = parse(block.text)
    if (Array.isArray(value)) {
      const job = { 'runs-on': 'ubuntu-24.04', steps: [{ id: 'boot', uses: 'fedora-cloud/image-test@v1' }, ...(value as Step[])] }
      return { ...block, name, ...ofWorkflow(stringify({ on: 'push', jobs: { job } })) }
    }
    if (!isRecord(value)) throw new Error(`${name} is neither a mapping nor a list`)
    if ('jobs' in value) {
      const example = { ...block, name, ...ofWorkflow(block.text) }
      last = example.workflow
      return example
    }
    if (Object.values(value).every((job) => isRecord(job) && 'runs-on' in job)) {
      if (last === undefined) throw new Error(`${name} has jobs of no workflow`)
      return { ...block, name, ...ofWorkflow(stringify({ ...last, jobs: { ...last.jobs, ...value } })) }
    }
    if ('tests' in value || 'findings' in value) return { ...block, name, kind: 'job file' as const }
    throw new Error(`${name} is of no known kind`)
  })
}

// A file that is an example as a whole.
export const recipe = (file: string): Example => {
  const text = readFileSync(file, 'utf8')
  const block = { language: 'yaml', text, line: 1, name: file }
  return 'jobs' in (parse(text) as object) ? { ...block, ...ofWorkflow(text) } : { ...block, kind: 'job file' }
}

export const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps = [] }) => steps)

export const isOurs = ({ uses }: Step): boolean => uses === './' || /^fedora-cloud\/image-test(\/resolve)?@/.test(uses ?? '')
