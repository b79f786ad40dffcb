import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resultsSchema, schemaFile } from '../../../../scripts/results-schema'
import { resultsJson } from '../../../../src/report/reporters/json'
import type { RunResult } from '../../../../src/results'
import { bootFailed, failedRun, run } from '../../../support/results'
import { assertValidResult } from '../../../support/valid-result'

const parse = (result: RunResult): unknown => JSON.parse([...resultsJson(result)].join(''))

it.each([
  ['passed', run()],
  ['failed', failedRun()],
  ['boot failed', bootFailed()],
])('is the whole result and what the schema promises: %s', (_, result) => {
  expect(parse(result)).toEqual(result)
  expect(assertValidResult(parse(result))).toEqual(result)
})

it('has a test on each line', () => {
  const lines = [...resultsJson(failedRun())].join('').split('\n')
  expect(lines.filter((line) => line.startsWith('    {"index":'))).toHaveLength(12)
  expect(lines[1]).toBe('  "schema": 1,')
})

describe('the schema', () => {
  it('is the one that the types in src/results.ts make: else `npx vite-node scripts/results-schema.ts -- --write`', async () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(await resultsSchema())
  })

  it.each([
    ['an unknown key', { ...run(), extra: 1 }],
    ['a missing one', { ...run(), tests: undefined }],
    ['a wrong word', { ...run(), outcome: 'fine' }],
    ['an attempt of no kind', { ...run(), tests: [{ ...run().tests[0], attempts: [{ kind: 'exited', matched: true }] }] }],
  ])('refuses %s', (_, value) => {
    expect(() => assertValidResult(JSON.parse(JSON.stringify(value)))).toThrow('not a results.json')
  })
})
