// Turns tests as they were written into what runs them.
import type { RunSpec, TestSpec } from './job'
import type { WrittenTest, expectFields, testFields } from './fields/test'
import { commonFields, mostTests, retryFields } from './fields/test'
import { defaultOf } from './types/scalar'
import { defined } from './defined'
import { durationOf } from './duration'
import { theMachine } from '../results'
import { assignIds } from './ids'
import type { Report } from './problems'
import type { Located } from './types/collections'
import type { Values } from './types/mapping'
import { whileItHolds, type Today } from './until'

export interface Parts<T> {
  readonly setup: readonly T[]
  readonly tests: readonly T[]
  readonly teardown: readonly T[]
}

interface Inherited extends Today {
  readonly defaults: Values<typeof commonFields>
  readonly testTimeoutMs: number | undefined // of the input, before defaults.timeout
  readonly passedEnv: Readonly<Record<string, string>>
  readonly report: Report
}

interface Shared extends Inherited {
  readonly usualEnv: Readonly<Record<string, string>>
}

type Written = Located<WrittenTest>

// Ids are unique over all three parts, since each test writes files of its own.
export const buildTests = ({ setup, tests, teardown }: Parts<Written>, inherited: Inherited): Parts<TestSpec> => {
  const all = [...setup, ...tests, ...teardown]
  if (all.length > mostTests) {
    inherited.report(
      `the job has ${all.length} tests, and ${mostTests} are the most; put several commands into one test, or make several jobs`,
    )
    return { setup: [], tests: [], teardown: [] }
  }
  // One object for all that add nothing to it.
  const shared: Shared = { ...inherited, usualEnv: { ...inherited.passedEnv, ...inherited.defaults.env } }
  const named = all.map(({ value }) => ({ name: nameOf(value), ...defined({ id: value.id }) }))
  const ids = assignIds(named, inherited.report)
  const built = all.map((written, index) => buildTest(written, named[index]?.name ?? '', ids[index] ?? '', shared))
  return {
    setup: built.slice(0, setup.length),
    tests: built.slice(setup.length, setup.length + tests.length),
    teardown: built.slice(setup.length + tests.length),
  }
}

const buildTest = ({ value, location }: Written, name: string, id: string, inherited: Shared): TestSpec => {
  const { defaults, testTimeoutMs } = inherited
  const forgiven = whileItHolds(value['continue-on-error'], `continue-on-error of "${name}"`, location, inherited)
  const common = {
    id,
    name,
    machine: theMachine,
    gating: forgiven === undefined,
    timeout: durationOf(value.timeout ?? testTimeoutMs ?? defaults.timeout, commonFields.timeout),
    concerns: [],
    ...defined({ nonGatingReason: forgiven?.reason, when: value.when, location }),
  }
  return value.run === undefined
    ? { ...common, kind: 'reboot' }
    : { ...common, kind: 'run', ...buildRun(value.run, { value, location, name }, inherited) }
}

const buildRun = (
  run: string,
  { value, location, name }: Pick<TestSpec, 'name'> & { readonly value: WrittenTest; readonly location: TestSpec['location'] | undefined },
  inherited: Shared,
): RunSpec => {
  const { defaults, usualEnv } = inherited
  const xfail = whileItHolds(value.xfail, `xfail of "${name}"`, location, inherited)
  return {
    run,
    env: value.env === undefined ? usualEnv : { ...usualEnv, ...value.env },
    expect: expectation(value.expect ?? {}),
    retry: { times: value.retry?.times ?? 0, delayMs: value.retry?.delay ?? defaultOf(retryFields.delay) },
    ...defined({
      user: userOf(value, defaults.user),
      shell: value.shell ?? defaults.shell,
      workingDirectory: value['working-directory'] ?? defaults['working-directory'],
      xfail: xfail === undefined ? undefined : defined({ reason: xfail.reason }),
    }),
  }
}

const userOf = ({ user, sudo }: Values<typeof testFields>, usual: string | undefined): string | undefined =>
  sudo === true ? 'root' : (user ?? (sudo === false ? undefined : usual))

const expectation = (expected: Values<typeof expectFields>): RunSpec['expect'] => ({
  exit: expected.exit ?? [0],
  ...defined({
    stdout: expected.stdout,
    stdoutMatches: expected['stdout-matches'],
    stderr: expected.stderr,
    stderrMatches: expected['stderr-matches'],
  }),
})

// The first line of the command that says something; a continued line counts as one.
const nameOf = ({ name, run }: WrittenTest): string => {
  if (name !== undefined || run === undefined) return name ?? 'reboot'
  const first =
    run
      .replace(/\s*\\\n\s*/g, ' ')
      .split('\n')
      .map((text) => text.trim())
      .find((text) => text !== '') ?? ''
  return first.length > 200 ? `${first.slice(0, 200)}…` : first
}
