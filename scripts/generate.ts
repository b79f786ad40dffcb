// Writes action.yml, docs/job.schema.json and the tables of docs/reference.md from the tables of src/config/fields, and docs/results.schema.json from
// the types of src/results.ts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { publishedFiles } from './published'
import { resultsSchema, schemaFile } from './results-schema'

const folder = join(import.meta.dirname, '..')
for (const [path, content] of publishedFiles(folder)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}
writeFileSync(schemaFile, await resultsSchema())
