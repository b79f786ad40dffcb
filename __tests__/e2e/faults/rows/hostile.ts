import assert from 'node:assert/strict'
import { commandsIn } from '../../runner'
import type { Evidence, Row } from '../row'

// What a runner would obey if it stood at the start of a line outside of a fence, and what might get it there.
const commands = [
  '::error::pwned',
  '::error file=pwned::pwned',
  '::warning::pwned',
  '::add-mask::e',
  '::stop-commands::pwned',
  '::pwned::',
  '::save-state name=ledger::/pwned',
  '::set-output name=verdict::pwned',
  '::group::pwned',
  '::endgroup::',
  '::add-matcher::pwned',
  '##[error]pwned',
  '##[group]pwned',
  '##[add-mask]pwned',
  '[command]pwned',
]
const tokens = ['0', 'a'.repeat(32), '00000000-0000-0000-0000-000000000000', 'image-test', 'pause-logging', '*']

const print = [
  ...[...commands, ...tokens.map((token) => `::${token}::`)].map((text) => `printf '%s\\n' '${text}'`),
  ...commands.map((text) => `printf 'before\\r%s\\n' '${text}'`), // a carriage return ends a line too, for some
  ...['\\v', '\\f', '\\302\\205', '\\342\\200\\250', '\\033[2K\\r'].map((end) => `printf 'before${end}::error::pwned\\n'`),
  "printf '::error::pwned' >&2", // without a line end, on both streams, when the test ends
  "printf '::stop-commands::pwned'",
].join('\n')

const indented = (text: string): string => text.replace(/^/gm, '      ')

// Of the guest's words no command has come; ours all arrived, groups closed and in order.
const obeyed = ({ log }: Evidence, own: readonly string[]): void => {
  const found = commandsIn(log)
  assert.deepEqual(
    found.filter(({ name }) => !['group', 'endgroup', 'error', 'warning', 'notice'].includes(name)),
    [],
  )
  assert.deepEqual(
    found.filter(({ name, properties }) => `${name}${JSON.stringify(properties)}`.includes('pwned')),
    [],
  )
  assert.deepEqual(
    found.filter(({ name }) => name === 'error').map(({ properties }) => properties['title']),
    own,
  )
  const groups = found.filter(({ name }) => name === 'group' || name === 'endgroup').map(({ name }) => name)
  assert.deepEqual(
    groups,
    groups.map((_, index) => (index % 2 === 0 ? 'group' : 'endgroup')),
  )
  assert.ok(groups.length >= 6, `${groups.length / 2} groups`)
  assert.ok(log.includes('pwned'), 'what the guest printed can be read')
}

export const hostile: readonly Row[] = [
  {
    name: 'commands in the output of tests',
    group: 'hostile',
    quick: true,
    guest: 'tiny',
    job: [
      'tests:',
      '  - id: passes',
      '    name: passes',
      '    run: |',
      indented(print),
      '  - id: fails',
      '    name: fails',
      '    run: |',
      indented(`${print}\nexit 1`),
    ].join('\n'),
    expected: {
      verdict: 'failed',
      tests: { passes: 'passed', fails: 'failed' },
      withinSeconds: 120,
      check: (evidence) => {
        obeyed(evidence, ['fails'])
      },
    },
  },
  {
    name: 'commands on the console, from the boot and during a test',
    group: 'hostile',
    quick: true,
    guest: 'hostile-console',
    job: [
      'tests:',
      '  - id: console',
      '    sudo: true',
      '    run: |',
      indented(`(\n${print}\n) >/dev/ttyS0 2>&1\necho ::error::pwned >/dev/kmsg`),
    ].join('\n'),
    expected: {
      verdict: 'passed',
      tests: { console: 'passed' },
      withinSeconds: 240,
      check: (evidence) => {
        obeyed(evidence, [])
        assert.ok(evidence.log.length < 4 * 1024 * 1024, 'the log is bounded')
      },
    },
  },
]
