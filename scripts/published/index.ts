import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { actionYaml, resolveYaml } from './action'
import { withTables } from './tables'
import { jobSchema } from './schema'

// Every file that is made from the tables of src/config/fields, by its path in the project's folder, with what it should hold.
export const publishedFiles = (folder: string): ReadonlyMap<string, string> =>
  new Map([
    ['action.yml', actionYaml()],
    ['resolve/action.yml', resolveYaml()],
    ['docs/job.schema.json', printJson(jobSchema())],
    ['docs/reference.md', withTables(readFileSync(join(folder, 'docs/reference.md'), 'utf8'))],
  ])

// With lists of words on one line, as prettier has them.
const printJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/\[\n\s*([^[\]{}]*?)\n\s*\]/g, (_, items: string) => `[${items.replace(/\n\s*/g, ' ')}]`)}\n`
