// What is wrong with the inputs or the job file: collected while reading, told all at once.
import { JobError } from '../errors'
import type { Location } from '../results'

export interface Problem {
  readonly message: string // a sentence that says what to do
  readonly location?: Location // absent for inputs, which name themselves in the message
}

export type Report = (message: string, location?: Location) => void

// Every problem of a configuration in one error; `problems` has them one by one, in order, for annotations.
export class ConfigError extends JobError {
  constructor(readonly problems: readonly Problem[]) {
    super('config-error', summary(problems), {
      hint: 'Nothing was fetched or booted. Correct what is named here and run again; docs/reference.md of image-test lists every input and every key of the job file.',
    })
  }
}

export interface Problems {
  readonly report: Report
  // Throws a ConfigError with everything reported so far, inputs first, then each file from top to bottom.
  stop(): void
}

// An empty collection.
export const collectProblems = (): Problems => {
  const problems: Problem[] = []
  return {
    report: (message, location) => {
      problems.push(location === undefined ? { message } : { message, location })
    },
    stop: () => {
      // What an alias stands for is read once for each alias, and wrong only once.
      const distinct = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
      if (distinct.size > 0) throw new ConfigError([...distinct.values()].sort(byPlace))
    },
  }
}

const byPlace = ({ location: a }: Problem, { location: b }: Problem): number => {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || (a.column ?? 0) - (b.column ?? 0)
}

// In words; `problems` has all of them.
const told = 50

const summary = (problems: readonly Problem[]): string => {
  const lines = problems
    .slice(0, told)
    .map(({ message, location }) => (location === undefined ? message : `${place(location)}: ${message}`))
  const more = problems.length > told ? [`and ${problems.length - told} more`] : []
  return lines.length === 1 ? lines.join('') : [`${problems.length} problems in the configuration`, ...lines, ...more].join('\n')
}

// file:line:column, as compilers write it and editors open it.
export const place = ({ file, line, column }: Location): string => [file, line, column].filter((part) => part !== undefined).join(':')
