// Finds where a workflow has the text of an inline input, so that a test that fails is shown at its own line.
import { isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml'
import type { Location } from '../../results'
import type { Surroundings } from '../../host/checkout'
import { readTextFile } from './text-file'
import { openYaml, spanOf, type YamlFile } from '../yaml/file'

// The place of some lines of the inline text, counted from 1.
export type InlineStep = (line: number, endLine: number) => Location

// undefined unless exactly one step of the running workflow uses this action with exactly this text.
export const findInlineStep = async (key: 'commands' | 'run', text: string, { env }: Surroundings): Promise<InlineStep | undefined> => {
  const [, repository, path] = /^([^/]+\/[^/]+)\/(\.github\/workflows\/[^@]+)@/.exec(env['GITHUB_WORKFLOW_REF'] ?? '') ?? []
  const workspace = env['GITHUB_WORKSPACE'] ?? ''
  if (path === undefined || workspace === '' || path.split('/').includes('..') || repository !== (env['GITHUB_REPOSITORY'] ?? repository))
    return undefined
  const workflow = await readTextFile(path, { cwd: workspace, env, limitMib: 1, what: 'a workflow' })
  if (!workflow.ok) return undefined
  const problems: string[] = []
  const file = openYaml({ text: workflow.text, file: path, inCheckout: true, report: (message) => void problems.push(message) })
  const found = stepsOf(file).flatMap((step) => {
    if (!usesThisAction(textOf(valueOf(step, 'uses', file)))) return []
    const options = valueOf(step, 'with', file)
    const value = valueOf(options, key, file)
    return value !== undefined && textOf(value)?.trimEnd() === text.replaceAll('\r\n', '\n').trimEnd() ? [{ options, value }] : []
  })
  const [match, ...others] = found
  if (problems.length > 0 || match === undefined || others.length > 0) return undefined
  const ofKey = file.locate(spanOf(keyOf(match.options, key) ?? match.value)).line
  // Only in a literal block does a line of the text have a line of the file to itself; its first one follows the `|`.
  const before = (match.value as Partial<Scalar>).type === 'BLOCK_LITERAL' ? file.locate(spanOf(match.value)).line : undefined
  return (line, endLine) => ({
    file: path,
    line: before === undefined ? ofKey : before + line,
    endLine: before === undefined ? ofKey : before + endLine,
    inCheckout: true,
  })
}

const usesThisAction = (uses: string | undefined): boolean =>
  uses !== undefined && (uses === './' || /(^|\/)image-test\/?$/.test(uses.replace(/@.*$/, '')))

const stepsOf = (file: YamlFile): readonly ParsedNode[] => {
  const jobs = valueOf(file.root, 'jobs', file)
  if (!isMap(jobs)) return []
  return jobs.items.flatMap(({ value }) => {
    const steps = valueOf(follow(value, file), 'steps', file)
    return isSeq(steps) ? steps.items.flatMap((step: ParsedNode) => follow(step, file) ?? []) : []
  })
}

const follow = (node: unknown, file: YamlFile): ParsedNode | undefined =>
  node === null || node === undefined ? undefined : file.follow(node as ParsedNode)

const textOf = (node: ParsedNode | undefined): string | undefined =>
  isScalar(node) && typeof node.value === 'string' ? node.value : undefined

const pairOf = (node: ParsedNode | undefined, name: string) =>
  isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined

const keyOf = (node: ParsedNode | undefined, name: string): ParsedNode | undefined => pairOf(node, name)?.key

const valueOf = (node: ParsedNode | undefined, name: string, file: YamlFile): ParsedNode | undefined =>
  follow(pairOf(node, name)?.value, file)
