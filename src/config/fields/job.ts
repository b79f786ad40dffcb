// The keys of a job file.
import { list, located } from '../types/collections'
import { mapping } from '../types/mapping'
import { boolean, choice, line, wholeNumber } from '../types/scalar'
import { date, duration } from '../types/units'
import type { TypeOf } from '../types/type'
import { image, machine } from './image'
import { commonFields, expression, mostTests, test } from './test'

export const ruleFields = {
  match: { type: expression, description: 'Regular expression over the lines of a finding.' },
  reason: { type: line('a text', 'TEXT'), description: 'Why, for the report.' },
  until: { type: date, description: 'Last day on which the rule holds, `YYYY-MM-DD`.' },
} as const

const rules = list(located(mapping(ruleFields, { required: ['match', 'reason'] })), 'a rule', { atMost: 1000 })

export type WrittenRules = TypeOf<typeof rules>

export const findingsFields = {
  'fail-on': {
    type: choice('default', 'fatal', 'error', 'never'),
    default: 'default',
    description:
      'Which findings on the console or in the journal fail the job: `default` (fatal ones, and what no healthy image shows, such as a crash of the kernel), `fatal`, `error` (every error, fatal ones as well) or `never`.',
  },
  ignore: { type: rules, description: 'Findings that are known and do not count.' },
  require: { type: rules, description: 'What the console or the journal must show.' },
} as const

const steps = list(located(test), 'a test', { atMost: mostTests })
const tests = list(located(test), 'a test', { atLeastOne: true, atMost: mostTests })

export const jobFields = {
  image: { type: located(image), description: 'The image: its source, or a mapping of the keys below.' },
  machine: { type: machine, description: 'The machine that the image boots on.' },
  defaults: { type: mapping(commonFields), description: 'What holds for every test that does not say otherwise.' },
  setup: { type: steps, description: 'Like `tests`, before them; a failure here is an error of the job, not of a test.' },
  tests: { type: tests, description: 'The tests, in their order. Required.' },
  teardown: { type: steps, description: 'Like `tests`, after them, also after a failure.' },
  findings: {
    type: mapping(findingsFields),
    description: 'What to make of panics, crashes and failed units on the console and in the journal.',
  },
  'fail-fast': { type: boolean, default: 'false', description: 'Stops at the first test that fails.' },
  'boot-timeout': { type: duration, default: '5m', description: 'How long one attempt to boot may take until the machine is ready.' },
  'boot-attempts': {
    type: wholeNumber(1, 10),
    default: '2',
    description: "How many fresh machines are tried when the infrastructure fails; the image's own failures are never retried.",
  },
  timeout: { type: duration, default: '30m', description: 'How long the whole job may take.' },
  title: { type: line('a title', 'TEXT'), description: 'Heading of the report; without it the name of the image.' },
} as const

export const jobFile = mapping(jobFields, {
  schema: { required: ['tests'] },
  check: ({ has, report }) => {
    if (!has('tests'))
      report(undefined, 'there are no `tests`; add the key with at least one test, such as `- run: systemctl is-system-running --wait`')
  },
})

export type WrittenJob = TypeOf<typeof jobFile>
