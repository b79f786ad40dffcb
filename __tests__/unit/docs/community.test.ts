// What GitHub and editors look for: issue forms, the template of a pull request, .editorconfig, the devcontainer.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { localLinks } from './markdown'

const folder = '.github/ISSUE_TEMPLATE'
const forms = readdirSync(folder).filter((name) => name !== 'config.yml')

interface Form {
  readonly name: string
  readonly body: readonly {
    readonly type: string
    readonly id?: string
    readonly attributes: { readonly label?: string; readonly description?: string; readonly value?: string }
    readonly validations?: { readonly required?: boolean }
  }[]
}

const text = { type: 'string', pattern: '\\S' }
const mapping = (properties: object, required: readonly string[]) => ({ type: 'object', properties, required, additionalProperties: false })
const element = (type: string, attributes: object, required: readonly string[]) =>
  mapping(
    {
      type: { const: type },
      id: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' },
      attributes: mapping({ label: text, description: text, ...attributes }, ['label', ...required]),
      validations: mapping({ required: { type: 'boolean' } }, []),
    },
    ['type', 'id', 'attributes'],
  )

// https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
const isForm = new Ajv({ strictRequired: false }).compile(
  mapping(
    {
      name: text,
      description: text,
      title: text,
      labels: { type: 'array', items: text, uniqueItems: true },
      body: {
        type: 'array',
        minItems: 1,
        contains: { type: 'object', properties: { type: { not: { const: 'markdown' } } } },
        items: {
          anyOf: [
            mapping({ type: { const: 'markdown' }, attributes: mapping({ value: text }, ['value']) }, ['type', 'attributes']),
            element('textarea', { placeholder: text, value: text, render: text }, []),
            element('input', { placeholder: text, value: text }, []),
            element(
              'dropdown',
              { multiple: { type: 'boolean' }, options: { type: 'array', minItems: 1, uniqueItems: true, items: text } },
              ['options'],
            ),
          ],
        },
      },
    },
    ['name', 'description', 'body'],
  ),
)

const read = (name: string): Form => parse(readFileSync(join(folder, name), 'utf8')) as Form

// The words with which a form must be given something.
const demanded = (name: string): readonly string[] =>
  read(name).body.flatMap(({ attributes: { label = '' }, validations }) => (validations?.required === true ? [label] : []))

describe.each(forms)('the issue form %s', (name) => {
  it('is one that GitHub shows', () => {
    const form = read(name)
    expect(isForm(form), JSON.stringify(isForm.errors)).toBe(true)
    for (const of of ['id', 'label'] as const) {
      const given = form.body.flatMap((one) => (of === 'id' ? one.id : one.attributes.label) ?? [])
      expect(new Set(given).size, `each ${of} is there once`).toBe(given.length)
    }
  })

  it('begins with where a weakness is reported', () => {
    expect(read(name).body[0]?.attributes.value).toContain('SECURITY.md')
  })
})

it('no two issue forms have one name', () => {
  expect(new Set(forms.map((name) => read(name).name)).size).toBe(forms.length)
})

it('who reports what went wrong is asked for the output of doctor and for results.json', () => {
  expect(demanded('bug.yml')).toEqual(expect.arrayContaining(['image-test doctor', 'results.json']))
  expect(demanded('wrong-verdict.yml')).toEqual(expect.arrayContaining(['results.json', 'console.log']))
})

it('an issue without a form is not offered, and a weakness has a way of its own', () => {
  const config = parse(readFileSync(join(folder, 'config.yml'), 'utf8')) as { readonly contact_links: readonly { readonly url: string }[] }
  expect(config).toMatchObject({ blank_issues_enabled: false })
  for (const link of config.contact_links) {
    expect(Object.keys(link)).toEqual(['name', 'url', 'about'])
    expect(link.url).toMatch(/^https:\/\//)
  }
  expect(config.contact_links.map(({ url }) => url).join()).toContain('/security/advisories/new')
})

it('forms and template name files of the project by addresses that lead to them', () => {
  const template = '.github/pull_request_template.md'
  expect(localLinks(template), 'GitHub resolves no relative link there').toEqual([])
  const texts = [...forms.map((name) => join(folder, name)), template].map((file) => readFileSync(file, 'utf8')).join('\n')
  const paths = [...texts.matchAll(/https:\/\/github\.com\/fedora-cloud\/image-test\/blob\/main\/([\w./-]+)/g)].map(([, path = '']) => path)
  expect(paths).toContain('CONTRIBUTING.md')
  for (const path of paths) expect(existsSync(path), path).toBe(true)
})

it('.editorconfig says what prettier does, and leaves alone what was recorded', () => {
  const sections = new Map(
    readFileSync('.editorconfig', 'utf8')
      .split(/^(?=\[)/m)
      .slice(1)
      .map((section) => {
        const [head = '', ...lines] = section.trim().split('\n')
        return [head, Object.fromEntries(lines.map((line) => line.split(' = ') as [string, string]))] as const
      }),
  )
  const { printWidth } = JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as { readonly printWidth: number }
  expect(sections.get('[*]')).toEqual({
    charset: 'utf-8',
    end_of_line: 'lf',
    indent_style: 'space',
    indent_size: '2',
    insert_final_newline: 'true',
    max_line_length: String(printWidth),
    trim_trailing_whitespace: 'true',
  })
  const recorded = [...sections].filter(([head]) => head !== '[*]').map(([head]) => head)
  for (const [line = ''] of readFileSync('.gitattributes', 'utf8').matchAll(/^\S+(?= -text)/gm))
    expect(recorded, line).toContain(`[${line.replace(/\/\*\*.*/, '/**')}]`)
  for (const head of recorded)
    expect(sections.get(head)).toMatchObject({ insert_final_newline: 'unset', trim_trailing_whitespace: 'unset' })
})

describe('the devcontainer', () => {
  const { build, remoteUser, postCreateCommand } = JSON.parse(readFileSync('.devcontainer/devcontainer.json', 'utf8')) as {
    readonly build: { readonly dockerfile: string }
    readonly remoteUser: string
    readonly postCreateCommand: string
  }
  const recipe = readFileSync(join('.devcontainer', build.dockerfile), 'utf8')

  it('is Debian 12 with the oldest Node that is supported', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly engines: { readonly node: string } }
    const [, major = ''] = /(\d+)/.exec(engines.node) ?? []
    expect(recipe).toContain(`FROM node:${major}-bookworm\n`)
    expect(postCreateCommand).toBe('npm ci')
  })

  it('has QEMU and what `image-test doctor` looks for, and a user who may install the rest', () => {
    const installed = /apt-get install ([^&]*)/.exec(recipe)?.[1]?.split(/[\s\\]+/) ?? []
    const hints = ['src/commands/doctor.ts', 'src/machines/qemu/examine.ts']
      .map((file) => readFileSync(file, 'utf8'))
      .join('')
      .matchAll(/install ([a-z][\w-]+)(?='| \(Debian)/g)
    const wanted = [...hints].map(([, name]) => name)
    expect(wanted).toContain('qemu-system-x86')
    expect(installed).toEqual(expect.arrayContaining([...wanted, 'sudo']))
    expect(recipe).toContain(`${remoteUser} ALL=(ALL) NOPASSWD: ALL`)
  })
})
