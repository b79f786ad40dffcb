// The keys of one test.
import { environment, located, oneOrMany, shortOrLong } from '../types/collections'
import { mapping, type Given } from '../types/mapping'
import { accepted, boolean, line, matching, refused, scalar, script, text, wholeNumber } from '../types/scalar'
import { date, duration, pause } from '../types/units'
import type { TypeOf } from '../types/type'
import { matchesOnlyEmptiness } from '../emptiness'
import { when } from './when'
import { userName } from './image'

// In a job, and in each of its parts: every one has a result, two files and a place in the reports.
export const mostTests = 10_000

export const id = matching('lower-case letters, digits and dashes, beginning with a letter', 'ID', /^[a-z][a-z0-9-]{0,99}$/)

// Flag m as in expect, so that ^ and $ are the ends of a line.
export const expression = scalar({
  expected: 'a regular expression',
  placeholder: 'EXPRESSION',
  schema: { type: ['string', 'number', 'boolean'], format: 'regex' },
  parse: (written) => {
    try {
      if (matchesOnlyEmptiness(written))
        return {
          ok: false,
          because: 'it can match nothing but emptiness; write what has to be there, and for an empty output `stdout: ""`',
        }
      return accepted(written)
    } catch (error) {
      return { ok: false, because: error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : String(error) }
    }
  },
})

const shell = scalar({
  expected: "`bash`, `sh` or a command with {0} where the script's file name goes, such as `python3 {0}`",
  placeholder: 'SHELL',
  schema: { type: 'string', pattern: '^(bash|sh|.*\\{0\\}.*)$' },
  parse: (written) => (/^(bash|sh|.*\{0\}.*)$/.test(written) ? accepted(written) : refused),
})

const onlyTrue = scalar({
  expected: 'true',
  placeholder: 'true',
  schema: { const: true },
  native: 'boolean',
  parse: (written) => (written.toLowerCase() === 'true' ? accepted(true as const) : refused),
})

// What holds for every test that does not say otherwise.
export const commonFields = {
  timeout: { type: duration, default: '5m', description: 'How long one test may take.' },
  user: { type: userName, description: 'The user to run as, through `sudo -n -u`; without it the user that logs in.' },
  shell: {
    type: shell,
    description:
      'As in GitHub: `bash` is `bash --noprofile --norc -eo pipefail {0}`, `sh` is `sh -e {0}`, or a template with `{0}`; without it `bash -e {0}`, or `sh -e {0}` where there is no bash.',
  },
  env: { type: environment, description: 'Environment variables.' },
  'working-directory': { type: line('a path', 'DIR'), description: "Folder to run in; without it the user's home." },
} as const

export const untilFields = {
  reason: { type: line('a text', 'TEXT'), description: 'Why, for the report.' },
  until: { type: date, description: 'Last day, `YYYY-MM-DD`; past it the test gates again.' },
} as const

const reasoned = mapping(untilFields)
const exception = shortOrLong(boolean, reasoned, (yes): TypeOf<typeof reasoned> | undefined => (yes ? {} : undefined))

const exitCode = wholeNumber(0, 255)

export const expectFields = {
  exit: { type: oneOrMany(exitCode, 'an exit code'), default: '0', description: 'Exit code, or a list of the ones that are right.' },
  stdout: { type: text(), description: 'Standard output, exactly, apart from blanks and line ends around it.' },
  'stdout-matches': {
    type: expression,
    description: 'Regular expression that standard output must match, with flag m; one of more than 1 MiB fails.',
  },
  stderr: { type: text(), description: 'Standard error, exactly, apart from blanks and line ends around it.' },
  'stderr-matches': {
    type: expression,
    description: 'Regular expression that standard error must match, with flag m; one of more than 1 MiB fails.',
  },
} as const

export const retryFields = {
  times: { type: wholeNumber(1, 100), description: 'Further tries after the first; a test that passes in one of them is flaky.' },
  delay: { type: pause, default: '1s', description: 'Pause before each of them.' },
} as const

export const testFields = {
  run: { type: script('a command or a script', 'SCRIPT'), description: 'A command or a script, as in a workflow.' },
  reboot: { type: onlyTrue, description: 'Reboots the machine cleanly and waits until it is up again with a new boot id.' },
  name: { type: line('a name', 'NAME'), description: 'What reports call it; without it the first line of the command.' },
  id: { type: located(id), description: 'Unique among all tests, `[a-z][a-z0-9-]*`; without it made of the name.' },
  sudo: { type: boolean, description: '`true` is `user: root`; `false` is the user that logs in, whatever `defaults` says.' },
  ...commonFields,
  timeout: { type: duration, description: 'How long it may take; without it `defaults.timeout`.' },
  retry: { type: mapping(retryFields, { required: ['times'] }), description: 'Tries again when it fails.' },
  expect: { type: mapping(expectFields), description: 'What a passing run looks like; without it exit code 0.' },
  xfail: { type: exception, description: 'It must fail; when it passes, the job fails. `true`, or a mapping of `reason` and `until`.' },
  when: { type: when, description: 'On which machines it runs; on others it is skipped.' },
  'continue-on-error': {
    type: exception,
    description: 'A failure is a warning and does not fail the job. `true`, or a mapping of `reason` and `until`.',
  },
} as const

const ofRunOnly = ['user', 'sudo', 'shell', 'env', 'working-directory', 'retry', 'expect', 'xfail'] as const

const check = ({ values, has, report }: Given<typeof testFields>): void => {
  if (!has('run') && !has('reboot')) report(undefined, 'a test needs `run: COMMAND` or `reboot: true`')
  if (has('run') && has('reboot')) report('reboot', 'a test has either `run` or `reboot`; write two tests, one after the other')
  if (has('reboot') && !has('run'))
    for (const key of ofRunOnly) if (has(key)) report(key, `\`${key}\` means nothing to a reboot; remove it`)
  if (values.sudo === true && has('user')) report('sudo', '`sudo: true` is `user: root`; give either `sudo` or `user`')
  if (values.xfail !== undefined && has('retry'))
    report('retry', '`retry` and `xfail` contradict each other: a test that must fail is not tried until it passes; remove one')
}

// One test. Every value that is there is right in itself; the contradictions between them have been reported.
export const test = mapping(testFields, { check, schema: { oneOf: [{ required: ['run'] }, { required: ['reboot'] }] } })

export type WrittenTest = TypeOf<typeof test>
