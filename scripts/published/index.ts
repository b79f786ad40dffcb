import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { actionYaml, resolveYaml } from './action'
import { withTables } from './tables'
import { summaryPicture } from './picture'
import { jobSchema } from './schema'

// Every file that is made from another, most of them from the tables of src/config/fields, by its path in the project's folder, with what it
// should hold.
export const publishedFiles = (folder: string): ReadonlyMap<string, string> => {
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
  return new Map([
    ['action.yml', actionYaml()],
    ['resolve/action.yml', resolveYaml()],
    ['docs/job.schema.json', printJson(jobSchema())],
    ['docs/reference.md', withTables(read('docs/reference.md'))],
    ['docs/pictures/summary.svg', summaryPicture(read('docs/pictures/summary.md'))],
  ])
}

// With lists of words on one line, as prettier has them.
const printJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/\[\n\s*([^[\]{}]*?)\n\s*\]/g, (_, items: string) => `[${items.replace(/\n\s*/g, ' ')}]`)}\n`
