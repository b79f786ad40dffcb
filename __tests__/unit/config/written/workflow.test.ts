import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../../src/config'
import { folderWith, loadIn } from '../harness'

const commands = 'rpm -q cloud-init\n# comment\ntest -e \\\n  /etc/os-release\n'
const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by))

const workflow = (...steps: readonly string[]): string => `\
on: pull_request
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
${steps.map((step) => indent(step, 6)).join('')}`

const step = (uses: string, key: string, text: string): string =>
  `- uses: ${uses}\n  with:\n    image: a.qcow2\n    ${key}: |\n${indent(text, 6)}`

const locations = async (content: string, inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) => {
  const workspace = folderWith({ '.github/workflows/test.yml': content })
  const { job } = await loadIn(workspace, {
    inputs: { image: 'a.qcow2', ...inputs },
    env: {
      GITHUB_WORKSPACE: workspace,
      GITHUB_REPOSITORY: 'me/images',
      GITHUB_WORKFLOW_REF: 'me/images/.github/workflows/test.yml@refs/pull/1/merge',
      ...env,
    },
  })
  return job.tests.map(({ location }) => (location === undefined ? undefined : [location.file, location.line, location.endLine]))
}

const file = '.github/workflows/test.yml'

describe('the place of inline tests', () => {
  it.each(['fedora-cloud/image-test@v1', 'someone/image-test@0123abc', './', './.github/actions/image-test'])(
    'is their own line in the workflow when a step uses %s',
    async (uses) => {
      expect(await locations(workflow(step(uses, 'commands', commands)), { commands })).toEqual([
        [file, 11, 11],
        [file, 13, 14],
      ])
    },
  )

  it('is the lines of the script for run', async () => {
    const run = 'a\nb\nc\n'
    expect(await locations(workflow(step('me/image-test@v1', 'run', run)), { run })).toEqual([[file, 11, 13]])
  })

  it('is the key when the text does not lie in lines of its own', async () => {
    const folded = workflow(`- uses: me/image-test@v1\n  with:\n    commands: >-\n      rpm -q\n      cloud-init\n`)
    expect(await locations(folded, { commands: 'rpm -q cloud-init' })).toEqual([[file, 9, 9]])
    const quoted = workflow(`- uses: me/image-test@v1\n  with: {commands: "a\\nb"}\n`)
    expect(await locations(quoted, { commands: 'a\nb' })).toEqual([
      [file, 8, 8],
      [file, 8, 8],
    ])
  })

  it('follows anchors', async () => {
    const content = workflow(
      `- uses: other/action@v1\n  with: &with\n    commands: |\n      ls\n`,
      `- uses: me/image-test@v1\n  with: *with\n`,
    )
    expect(await locations(content, { commands: 'ls\n' })).toEqual([[file, 10, 10]])
  })

  it.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'two steps have the same text',
      workflow(step('me/image-test@v1', 'commands', commands), step('me/image-test@v1', 'commands', commands)),
      {},
    ],
    ['the text differs', workflow(step('me/image-test@v1', 'commands', `${commands}more\n`)), {}],
    ['another action has the text', workflow(step('me/other@v1', 'commands', commands)), {}],
    ['the text is of another input', workflow(step('me/image-test@v1', 'run', commands)), {}],
    ['the workflow is not valid YAML', `${workflow(step('me/image-test@v1', 'commands', commands))}\n\t- x: "`, {}],
    ['the workflow is not a mapping', '- jobs\n', {}],
    [
      'the workflow is of another repository',
      workflow(step('me/image-test@v1', 'commands', commands)),
      { GITHUB_REPOSITORY: 'you/images' },
    ],
    ['the workflow is not checked out', workflow(), { GITHUB_WORKFLOW_REF: 'me/images/.github/workflows/other.yml@main' }],
    ['the reference leads out of the folder', workflow(), { GITHUB_WORKFLOW_REF: 'me/images/.github/workflows/../../x.yml@main' }],
    ['there is no workflow', workflow(step('me/image-test@v1', 'commands', commands)), { GITHUB_WORKFLOW_REF: '' }],
  ])('is unknown when %s', async (_, content, env) => {
    expect(await locations(content, { commands }, env)).toEqual([undefined, undefined])
  })

  it('is where an incomplete command is reported', async () => {
    const incomplete = 'ls\nif true\n'
    const error: unknown = await locations(workflow(step('me/image-test@v1', 'commands', incomplete)), { commands: incomplete }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).problems).toMatchObject([{ location: { file, line: 12, inCheckout: true } }])
  })
})
