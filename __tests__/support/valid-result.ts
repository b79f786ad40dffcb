import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import Ajv from 'ajv/dist/2020'
import type { RunResult } from '../../src/results'

// What docs/results.schema.json promises to readers of results.json, nothing more and nothing less. Throws with every difference.
export const assertValidResult = (value: unknown): RunResult => {
  if (validate(value)) return value
  throw new Error(`not a results.json:\n${JSON.stringify(validate.errors, undefined, 2)}`)
}

const schema = JSON.parse(readFileSync(resolve(__dirname, '../../docs/results.schema.json'), 'utf8')) as object
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile<RunResult>(schema)
