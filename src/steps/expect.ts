import type { Expectation } from '../config/job'
import type { RawExecResult } from '../guest/command/request'
import { guardedSearch } from '../lib/guarded-search'
import { keptBytes, type KeptOutput } from './kept'

export interface Comparison {
  readonly reasons: readonly string[] // why a result is not what was expected, a sentence each; none when it is
  readonly undecided: boolean // and nobody can tell whether it is
}

// A timeout or a lost guest never matches. limitMs: the time it had, which to kill it took longer than.
export const compare = (
  result: RawExecResult,
  expect: Expectation,
  stdout: KeptOutput,
  stderr: KeptOutput,
  limitMs = result.durationMs,
): Comparison => {
  const found = differencesOf(result, expect, stdout, stderr, limitMs)
  return { reasons: found.map(({ reason }) => reason), undecided: found.length > 0 && found.every(({ certain }) => !certain) }
}

interface Difference {
  readonly reason: string
  readonly certain: boolean
}

const certainly = (reason: string): readonly Difference[] => [{ reason, certain: true }]
const perhaps = (reason: string): readonly Difference[] => [{ reason, certain: false }]

const differencesOf = (
  result: RawExecResult,
  expect: Expectation,
  stdout: KeptOutput,
  stderr: KeptOutput,
  limitMs: number,
): readonly Difference[] => {
  switch (result.kind) {
    case 'timed-out':
      return certainly(
        `did not end within ${seconds(limitMs)} and was ${result.killed ? 'killed' : 'told to end, but its processes were not seen to go'}`,
      )
    case 'not-started':
      return certainly(`could not be started: ${result.cause}`)
    case 'lost':
      return certainly(`the guest was lost: ${result.cause}`)
    case 'signalled':
      return certainly(`the shell around it was killed by SIG${result.signal}, so nothing proves how it ended`)
    case 'unproven':
      return certainly(`nothing proves how it ended: ${result.cause}`)
    case 'exited':
      return [
        ...(expect.exit.includes(result.code)
          ? []
          : certainly(`exit code ${result.code}${bySignal(result.code)} instead of ${expect.exit.join(' or ')}`)),
        ...differences('stdout', stdout, expect.stdout, expect.stdoutMatches),
        ...differences('stderr', stderr, expect.stderr, expect.stderrMatches),
      ]
  }
}

const differences = (
  name: string,
  { text, whole }: KeptOutput,
  exact: string | undefined,
  pattern: string | undefined,
): readonly Difference[] => [
  ...(exact === undefined ? [] : whole ? compared(name, text, exact) : perhaps(`${tooLong(name)} is ${brief(exact)}`)),
  ...(pattern === undefined
    ? []
    : whole
      ? searched(name, withoutLastEnd(text), pattern)
      : perhaps(`${tooLong(name)} matches /${pattern}/`)),
]

const compared = (name: string, text: string, exact: string): readonly Difference[] =>
  text.trim() === exact.trim() ? [] : certainly(`${name} is ${brief(text)} instead of ${brief(exact)}`)

const tooLong = (name: string): string =>
  `only the end of ${name} was kept, as it is longer than ${keptBytes / 1024 / 1024} MiB, so nobody can tell whether it`

// The line end behind the last line begins no other one.
const withoutLastEnd = (text: string): string => text.replace(/\r?\n$/, '')

const searched = (name: string, text: string, pattern: string): readonly Difference[] => {
  switch (guardedSearch(new RegExp(pattern, 'm'))(text)) {
    case 'found':
      return []
    case 'not found':
      return certainly(`${name} does not match /${pattern}/`)
    case 'too slow':
      return perhaps(
        `whether ${name} matches /${pattern}/ takes longer than a second to find out: write the pattern so that it need not try so much`,
      )
  }
}

const brief = (text: string): string => {
  const trimmed = text.trim()
  return trimmed === '' ? 'empty' : JSON.stringify(trimmed.length > 120 ? `${trimmed.slice(0, 120)}…` : trimmed)
}

const signals: Readonly<Record<number, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  6: 'ABRT',
  8: 'FPE',
  9: 'KILL',
  11: 'SEGV',
  13: 'PIPE',
  14: 'ALRM',
  15: 'TERM',
}

// A shell tells a program's death by signal N as exit code 128 + N.
const bySignal = (code: number): string => {
  const name = signals[code - 128]
  return name === undefined ? '' : ` (killed by SIG${name})`
}

export const seconds = (ms: number): string =>
  ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
