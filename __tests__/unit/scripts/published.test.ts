import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { inputTable } from '../../../src/config/fields/inputs'
import { jobFields } from '../../../src/config/fields/job'
import { publishedFiles } from '../../../scripts/published'
import { withTables } from '../../../scripts/published/tables'
import { jobSchema } from '../../../scripts/published/schema'
import type { Fields } from '../../../src/config/types/mapping'
import { loadText, problemsOf } from '../config/harness'

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
  readonly runs: object
}

describe('the published files', () => {
  it.each([...publishedFiles('.')])('%s is what npm run generate writes', (path, content) => {
    expect(readFileSync(path, 'utf8')).toBe(content)
  })

  it('give a default in action.yml only to inputs that override nothing', () => {
    const { inputs, outputs, runs } = parse(publishedFiles('.').get('action.yml') ?? '') as Action
    for (const [name, { description, default: written }] of Object.entries(inputs)) {
      expect(description, name).toMatch(/^(`|[A-Z]).*\.$/)
      if (written !== undefined) expect(inputTable[name]?.overrides, name).toBeUndefined()
    }
    expect(inputs['memory']?.description).toMatch(/Default: 2G\.$/)
    expect(inputs['accelerator']?.default).toBe('auto')
    expect(Object.keys(outputs)).toEqual(
      'verdict passed failed skipped flaky total image-sha256 fetched-sha256 cache-key boot-seconds accelerator report-dir junit json console-log'.split(
        ' ',
      ),
    )
    expect(runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'post/index.js' })
  })

  it('describe the action resolve by the same tables, and start the same bundle for it', () => {
    const files = publishedFiles('.')
    const main = parse(files.get('action.yml') ?? '') as Action
    const { inputs, outputs, runs } = parse(files.get('resolve/action.yml') ?? '') as Action
    const { image, ...others } = inputs
    expect(image).toEqual({ ...main.inputs['image'], required: true })
    for (const [name, input] of Object.entries(others)) expect(input, name).toEqual(main.inputs[name])
    expect(Object.keys(others)).toEqual(['checksum', 'checksum-file', 'verify', 'signing-key'])
    for (const [name, { description }] of Object.entries(outputs)) expect(description, name).toMatch(/^(`|[A-Z]).*\.$/)
    expect(Object.keys(outputs)).toEqual('image url digest verified verified-by cache-key login-user version format arch'.split(' '))
    expect(runs).toEqual({ using: 'node24', main: 'index.js' })
    expect(readFileSync('resolve/index.js', 'utf8')).toContain("require('../dist/index.js')")
  })

  it('fill the tables of a page between their markers', () => {
    const page = withTables('# x\n<!-- options -->\nstale\n<!-- /options -->\ny\n<!-- outputs --><!-- /outputs -->\n')
    expect(page).toMatch(/^# x\n<!-- options -->\n\n\| input +\| key of the job file +\| default +\| meaning +\|\n/)
    expect(page).toMatch(/\| `test-timeout` +\| `defaults.timeout` +\| `5m` +\| How long one test may take\./)
    expect(page).toContain('\n\n<!-- /options -->\ny\n<!-- outputs -->\n\n| output ')
    expect(page).not.toContain('stale')
    expect(withTables(page)).toBe(page)
  })

  it('have every input and every key of the job file in one table, once, side by side where the one overrides the other', () => {
    const rows = withTables('<!-- options --><!-- /options -->')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
      .slice(1)
      .map((line) =>
        (line.split(' | ').slice(0, 2) as [string, string]).map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
      )
    const [told, paths] = [rows.flatMap(([input = []]) => input), rows.flatMap(([, keys = []]) => keys)]
    expect(told.toSorted()).toEqual(Object.keys(inputTable).toSorted())
    expect(paths.toSorted()).toEqual([...new Set(pathsOf(jobSchema()))].toSorted())
    for (const [[input] = [], keys] of rows)
      if (input !== undefined) expect(keys, input).toEqual([inputTable[input]?.overrides ?? []].flat())
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

// Every key that a schema knows, by where it stands. A test of `setup` or `teardown` is one of `tests`.
const pathsOf = ({ properties = {}, items, anyOf = [], oneOf = [] }: Schema, at = ''): readonly string[] => [
  ...Object.entries(properties).flatMap(([key, value]) => {
    const path = at === '' ? key : `${at}.${key}`
    return [path, ...pathsOf(value, ['setup', 'teardown'].includes(path) ? 'tests' : path)]
  }),
  ...(items === undefined ? [] : pathsOf(items, `${at}[]`)),
  ...[...anyOf, ...oneOf].flatMap((one) => pathsOf(one, at)),
]

describe('every default', () => {
  it.each(Object.entries({ ...inputTable, ...(jobFields as Fields) }).filter(([, field]) => field.default !== undefined))(
    'of %s is a value that it takes',
    async (name, field) => {
      const input = inputTable[name]
      if (input !== undefined) expect(input.type.parse(field.default ?? '')).toMatchObject({ ok: true })
      else expect(await problemsOf(loadText(`tests: [{run: ls}]\n${name}: ${field.default ?? ''}\n`))).toBe('no problems')
    },
  )
})

describe('the schema of the job file', () => {
  const validate: ValidateFunction = new Ajv({ strictRequired: false, allowUnionTypes: true, formats: { regex: true } }).compile(
    jobSchema(),
  )

  it.each([
    'tests: [{run: ls}]',
    'image: fedora:44\ntests: [{run: ls}]',
    'image: {source: x, verify: none, format: raw, login-user: me}\ntests: [{run: ls}]',
    'machine: {memory: 2G, cpus: 2, disk: 10G, firmware: uefi}\ntests: [{reboot: true, timeout: 9m}]',
    'tests: [{run: true, expect: {exit: [0, 2], stdout: 1.10, stderr-matches: ^ok$}, xfail: {reason: x, until: 2027-01-31}}]',
    'tests: [{run: a, retry: {times: 3, delay: 0s}, continue-on-error: true, sudo: true}]',
    'tests: [{run: a, env: {A: 1, B: true, C: , D: x}, shell: "python3 {0}", working-directory: /}]',
    'defaults: {timeout: 5m, user: root, shell: sh}\ntests: [{run: a}]\nsetup: []\nteardown: [{run: b}]',
    'findings: {fail-on: never, ignore: [{match: a, reason: b, until: 2027-01-31}], require: []}\ntests: [{run: a}]',
    'fail-fast: true\nboot-timeout: 90s\nboot-attempts: 3\ntimeout: 1h\ntitle: x\ntests: [{run: a, id: x, name: y}]',
  ])('accepts what the reader accepts: %s', async (text) => {
    expect(await problemsOf(loadText(text))).toBe('no problems')
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each([
    'tset: []\ntests: [{run: ls}]',
    'title: x',
    'tests: []',
    'tests: [{name: x}]',
    'tests: [{run: a, reboot: true}]',
    'tests: [{run: a, suite: b}]',
    'tests: [{run: " "}]',
    'tests: [{run: a, timeout: 5}]',
    'tests: [{run: a, timeout: 0s}]',
    'tests: [{run: a, retry: {delay: 1s}}]',
    'tests: [{run: a, expect: {exit: 256}}]',
    'tests: [{run: a, id: A}]',
    'tests: [{run: a, env: {A-B: x}}]',
    'tests: [{run: a, sudo: yes}]',
    'tests: [{run: a}]\nmachine: {memory: 2}',
    'tests: [{run: a}]\nmachine: {memory: 2G, cpus: "2"}',
    'tests: [{run: a}]\nimage: {sorce: x}',
    'tests: [{run: a}]\nfindings: {ignore: [{match: x}]}',
    'tests: {run: a}',
  ])('refuses what the reader refuses: %s', async (text) => {
    expect(await problemsOf(loadText(text))).not.toBe('no problems')
    expect(validate(parse(text))).toBe(false)
  })
})
