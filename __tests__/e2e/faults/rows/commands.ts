import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { TestResult } from '../../../../src/results'
import type { Evidence, Row } from '../row'

// What tests do that ought not to. Several in one job, since each must leave the machine fit for the next.
const job = (tests: Readonly<Record<string, string>>, timeout = '60s'): string =>
  [
    `defaults: {timeout: ${timeout}}`,
    'tests:',
    ...Object.entries(tests).map(([id, rest]) => `  - {id: ${id}, ${rest}}`),
    '  - {id: afterwards, run: "echo still here"}',
  ].join('\n')

const run = (script: string, more = ''): string => `run: ${JSON.stringify(script)}${more}`

const of = ({ result }: Evidence, id: string): TestResult => {
  const test = result.tests.find((one) => one.id === id)
  assert.ok(test, `no test ${id}`)
  return test
}

const printed = (evidence: Evidence, id: string, bytes: number): void => {
  const stdout = of(evidence, id).attempts[0]?.stdout
  assert.equal(stdout?.bytes, bytes, `bytes of ${id}`)
  const limit = 64 * 1024 * 1024
  const size = statSync(join(evidence.reportDir, stdout.file ?? '')).size
  assert.ok(size >= Math.min(bytes, limit) && size < limit + 1024, `${size} bytes of ${id} are in the report`)
  assert.ok(evidence.log.length < 4 * 1024 * 1024, 'the log is bounded')
}

const floods = (bytes: number) => ({
  'many-lines': run(`yes 0123456789012345678901234567890123456789012345678901234567890 | head -c ${bytes}`),
  'one-line': run(`head -c ${bytes / 4} /dev/zero | tr '\\0' A`),
})

export const commands: readonly Row[] = [
  {
    name: 'tests whose shell never ran, and variables that are the wrapper’s too',
    group: 'commands',
    quick: true,
    guest: 'tiny',
    job: job({
      'no-such-shell': run('exit 1', ", shell: 'python3 {0}', xfail: true"),
      'no-such-program': run('exit 1', ", shell: 'env python3 {0}', expect: {exit: 127}"),
      'its-own-127': run('no-such-command', ', expect: {exit: 127}'),
      variables: run('test "$d$s" = /tmp/xhello; test -d /tmp', ', env: {d: /tmp/x, s: hello, PATH: /nowhere:/bin:/usr/bin}'),
      'tmp-is-there': run('test -d /tmp'),
    }),
    expected: {
      verdict: 'failed',
      tests: {
        'no-such-shell': 'error',
        'no-such-program': 'error',
        'its-own-127': 'passed',
        variables: 'passed',
        'tmp-is-there': 'passed',
        afterwards: 'passed',
      },
      withinSeconds: 120,
    },
  },
  {
    name: 'tests that hang, ignore TERM, leave a daemon, end badly, print rubbish',
    group: 'commands',
    quick: true,
    guest: 'tiny',
    job: job({
      hangs: run('echo begun; sleep 86400', ', timeout: 3s'),
      stubborn: run("trap '' TERM HUP INT; while :; do sleep 1; done", ', timeout: 3s'),
      'stubborn-root': run("trap '' TERM; sleep 86400 & while :; do wait; done", ', timeout: 3s, sudo: true'),
      'nothing-left': run('! pidof sleep'),
      daemon: run('sleep 86400 & echo started'),
      'daemon-of-its-own': run('setsid sleep 86400 & echo started'),
      'exit-255': run('exit 255'),
      killed: run('kill -9 $$'),
      crashed: run('kill -SEGV $$'),
      'ends-its-session': run('kill -9 $PPID; sleep 86400', ', timeout: 3s'),
      stdin: run('test -z "$(cat)"'),
      rubbish: run("printf 'nul \\000 utf \\377\\376\\303( \\200 ansi \\033[2J\\033[31mred\\007\\r over\\n'"),
      'unfinished-line': run('printf no-line-end'),
    }),
    expected: {
      verdict: 'failed',
      tests: {
        hangs: 'failed',
        stubborn: 'failed',
        'stubborn-root': 'failed',
        'nothing-left': 'passed',
        daemon: 'passed',
        'daemon-of-its-own': 'passed',
        'exit-255': 'failed',
        killed: 'failed',
        crashed: 'failed',
        'ends-its-session': 'error',
        stdin: 'passed',
        rubbish: 'passed',
        'unfinished-line': 'passed',
        afterwards: 'passed',
      },
      withinSeconds: 180,
      check: (evidence) => {
        // A test that waited for what sleeps for a day would not have passed in its minute.
        for (const id of ['hangs', 'stubborn', 'stubborn-root']) assert.equal(of(evidence, id).attempts[0]?.kind, 'timed-out')
        assert.match(of(evidence, 'hangs').message ?? '', /did not end within 3.* and was killed/)
        assert.match(of(evidence, 'stubborn').message ?? '', /and was killed/)
        assert.match(of(evidence, 'killed').message ?? '', /SIGKILL/)
        assert.match(of(evidence, 'crashed').message ?? '', /SIGSEGV/)
        assert.match(of(evidence, 'exit-255').message ?? '', /exit code 255/)
        assert.equal(of(evidence, 'hangs').attempts[0]?.stdout.tail, 'begun\n')
        assert.ok(evidence.log.includes('no-line-end'))
      },
    },
  },
  {
    name: 'much output, a little of it',
    group: 'commands',
    quick: true,
    guest: 'tiny',
    job: job(floods(8_000_000), '5m'),
    expected: {
      verdict: 'passed',
      tests: { 'many-lines': 'passed', 'one-line': 'passed', afterwards: 'passed' },
      withinSeconds: 240,
      check: (evidence) => {
        printed(evidence, 'many-lines', 8_000_000)
        printed(evidence, 'one-line', 2_000_000)
      },
    },
  },
  {
    name: '200 MB of output, and a line of 50 MB',
    group: 'commands',
    quick: false,
    guest: 'tiny',
    job: job(floods(200_000_000), '15m'),
    expected: {
      verdict: 'passed',
      tests: { 'many-lines': 'passed', 'one-line': 'passed', afterwards: 'passed' },
      withinSeconds: 1800,
      check: (evidence) => {
        printed(evidence, 'many-lines', 200_000_000)
        printed(evidence, 'one-line', 50_000_000)
      },
    },
  },
]
