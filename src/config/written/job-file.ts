// Opens and reads the job file.
import { isAlias, isScalar, isSeq } from 'yaml'
import { nameFile, type Surroundings } from '../../host/checkout'
import { jobFile, type WrittenJob } from '../fields/job'
import type { Report } from '../problems'
import { readTextFile } from './text-file'
import { quote } from '../../lib/wording'
import { openYaml, spanOf } from '../yaml/file'
import type { Location } from '../../results'

export const defaultJobFile = '.github/image-test.yml'

// What says which tests there are, from a file or inline; `text` is what was hashed.
export interface Written {
  readonly job: WrittenJob
  readonly text: string
  readonly location?: Location
}

// Reads the file of the input `config`, or the default one. undefined when it cannot be used, which is reported then.
export const readJobFile = async (config: string | undefined, surroundings: Surroundings, report: Report): Promise<Written | undefined> => {
  const path = config ?? defaultJobFile
  const read = await readTextFile(path, { ...surroundings, limitMib: 4, what: 'a job file' })
  if (!read.ok) {
    if (config !== undefined) report(`input config: ${quote(path, 200)} ${read.problem}`)
    else if (!read.missing) report(`the job file ${path} ${read.problem}`)
    else report(`no tests are given: set \`commands\`, \`run\` or \`config\`, or add a job file at ${defaultJobFile}`)
    return undefined
  }
  const { file, inCheckout } = nameFile(path, surroundings)
  const yaml = openYaml({ text: read.text, file, inCheckout, report })
  const location = { file, line: 1, inCheckout }
  if (yaml.root === undefined) {
    report(`${quote(file, 200)} is empty; a job file needs at least \`tests\``, { ...location, column: 1 })
    return undefined
  }
  // Not quoted: whoever names another file by mistake does not want to see what is in it.
  if (isScalar(yaml.root) || isAlias(yaml.root)) {
    yaml.report(spanOf(yaml.root), 'a job file must be a mapping of keys such as `image` and `tests`, and this is one text')
    return undefined
  }
  if (isSeq(yaml.root)) {
    yaml.report(spanOf(yaml.root), 'a job file must be a mapping, not a list; put the list below `tests:`')
    return undefined
  }
  const job = jobFile.read(yaml.root, { file: yaml, label: 'a job file' })
  return job === undefined ? undefined : { job, text: read.text, location }
}
