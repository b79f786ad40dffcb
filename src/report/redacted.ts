import { stages } from '../errors'
import type { RunEvent } from '../events'
import type { Redactor } from '../lib/redaction/redact'
import { phases, testOutcomes, type RunResult, type TestResult } from '../results'

// A secret may stand in any text of the model: in a command, a console block, an error message, an argument of QEMU. A test's result is never
// changed, so each is looked through once, however often the report is written while the run goes.
export const redactedResult = (result: RunResult, redactor: Redactor): RunResult => {
  const known = seen.get(redactor) ?? new WeakMap<TestResult, TestResult>()
  seen.set(redactor, known)
  const each = (tests: readonly TestResult[]): readonly TestResult[] => {
    const all = tests.map((test) => {
      const shown = known.get(test) ?? redacted(test, redactor)
      known.set(test, shown)
      return shown
    })
    return all.some((test, index) => test !== tests[index]) ? all : tests
  }
  const attempts = result.attempts.map((attempt) => ({ ...redacted({ ...attempt, tests: [] }, redactor), tests: each(attempt.tests) }))
  const rest = redacted({ ...result, tests: [], attempts: [] }, redactor)
  return { ...rest, tests: each(result.tests), attempts }
}

const seen = new WeakMap<Redactor, WeakMap<TestResult, TestResult>>()

// Output is redacted where it is captured, since a secret may be cut in two there.
export const redactedEvent = (event: RunEvent, redactor: Redactor): RunEvent =>
  event.kind === 'output' ? event : redacted(event, redactor)

// The value itself when there is nothing to replace.
export const redacted = <T>(value: T, redactor: Redactor): T => replaced(value, redactor) as T

const replaced = (value: unknown, redactor: Redactor): unknown => {
  if (typeof value === 'string') return redactor.text(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    const copy = items.map((item) => replaced(item, redactor))
    return copy.some((item, index) => item !== items[index]) ? copy : value
  }
  const entries = Object.entries(value) as [string, unknown][]
  const copy = entries.map(([key, item]): [string, unknown] => [key, ours(key, item) ? item : replaced(item, redactor)])
  return copy.some(([, item], index) => item !== entries[index]?.[1]) ? Object.fromEntries(copy) : value
}

// Words of the model stay even when a secret is one of them: a password "ready" must not take the verdict away. Tails are redacted already.
const ours = (key: string, value: unknown): boolean =>
  key === 'tail' || (vocabularyKeys.has(key) && typeof value === 'string' && vocabulary.has(value))

const vocabularyKeys: ReadonlySet<string> = new Set(
  'kind outcome severity source stage phase part provider verified reason test stream origin'.split(' '),
)

const vocabulary: ReadonlySet<string> = new Set([
  ...stages,
  ...phases,
  ...testOutcomes,
  ...'config-error image-error boot-failed guest-lost infra-error timed-out cancelled'.split(' '),
  ...'run script suite check host reboot wait upload download setup teardown'.split(' '),
  ...'exited signalled timed-out unproven lost kvm tcg remote none qemu existing ec2'.split(' '),
  ...'signature checksum first retry fresh restore boot copy cache'.split(' '),
  ...'fatal error warn suspect-host console journal qemu-log screenshot output junit html summary stdout stderr'.split(' '),
  ...'phase waiting note warning finding test-started test-finished'.split(' '),
])
