import { error } from '@actions/core'
import { describe, expect, it, vi } from 'vitest'
import { workflowCommand } from '../../../../src/report/stdout/commands'
import { runnerOutput } from '../../../../src/report/stdout/runner-output'
import { readAsRunner } from './runner-reader'

const open = (tokens = ['token-one', 'token-two', 'token-three', 'token-four']) => {
  let log = ''
  let next = 0
  const output = runnerOutput({
    write: (text) => {
      log += text
    },
    colour: false,
    token: () => tokens[next++] ?? 'spent',
  })
  return { output, log: () => log }
}

const stdout = { key: 'stdout one', gutter: ' │ ' }
const stderr = { key: 'stderr one', gutter: ' ┃ ' }

it('fences guest bytes with a new token each time, and ends the fence before anything of ours', () => {
  const { output, log } = open()
  output.group('[1/2] one')
  output.guest('first\nsecond\n', stdout)
  output.guest('third\n', stderr)
  output.line('✓ ours')
  output.guest('fourth\n', stdout)
  output.endGroup()
  output.group('[2/2] two')
  output.close()
  expect(log()).toMatchInlineSnapshot(`
    "::group::[1/2] one
    ::stop-commands::token-one
     │ first
     │ second
     ┃ third
    ::token-one::
    ✓ ours
    ::stop-commands::token-two
     │ fourth
    ::token-two::
    ::endgroup::
    ::group::[2/2] two
    ::endgroup::
    "
  `)
})

it('makes tokens of 32 random hexadecimal digits', () => {
  const tokens = new Set<string>()
  for (let time = 0; time < 100; time += 1) {
    let log = ''
    const output = runnerOutput({ write: (text) => (log += text), colour: false })
    output.guest('x\n', stdout)
    tokens.add(/^::stop-commands::([0-9a-f]{32})\n/.exec(log)?.[1] ?? 'none')
  }
  expect(tokens.size).toBe(100)
  expect(tokens).not.toContain('none')
})

it('keeps the lines of two streams apart, wherever their pieces are cut, and ends an unfinished one', () => {
  const { output, log } = open()
  output.guest('out', stdout)
  output.guest('err\n', stderr)
  output.guest('put\nno end', stdout)
  output.endGuest(stdout)
  output.endGuest(stderr)
  output.close()
  expect(readAsRunner(log()).lines.filter((line) => /^ [│┃]/.test(line))).toEqual([' ┃ err', ' │ output', ' │ no end'])
})

describe('a guest that means harm', () => {
  const attacks = [
    '::error file=a::not ours',
    '  ::set-output name=verdict::passed',
    'text ##[error]not ours',
    '##[add-mask]a',
    '::stop-commands::mine\n::mine::\n::error::not ours',
    '::endgroup::',
    '\r::error::not ours\r',
    '\x1b[1A\x1b[2K::error::not ours',
    '\u2028::error::not ours\u0085::error::not ours',
    '\u200b::error::not ours',
    '::token-one::\n::error::not ours\n##[TOKEN-TWO]\n::token-three::\n::error::not ours',
    'no end of line ::error::x',
  ]

  it.each(attacks)('cannot give a command to the runner: %j', (attack) => {
    for (const cut of [1, 7, 1000]) {
      const { output, log } = open()
      output.group('[1/1] one')
      for (let from = 0; from < attack.length; from += cut) output.guest(attack.slice(from, from + cut), stdout)
      output.endGuest(stdout)
      output.endGroup()
      output.line('✓ ours')
      const { commands, stopped } = readAsRunner(log())
      expect(
        commands.map(({ name }) => name),
        log(),
      ).toEqual(['group', 'endgroup'])
      expect(stopped).toBe(false)
    }
  })

  it.each(attacks)('cannot do so either through a name that we quote: %j', (attack) => {
    const { output, log } = open()
    output.group(attack)
    output.line(`✗ ${attack}`)
    output.line(attack)
    output.waiting(attack, 0)
    output.close()
    const { commands } = readAsRunner(log())
    expect(
      commands.map(({ name }) => name),
      log(),
    ).toEqual(['group', 'endgroup'])
  })

  it('takes another token when the guest prints the one in use', () => {
    const { output, log } = open(['abc123', 'abc123', 'def456'])
    output.guest('harmless\n', stdout)
    output.guest('it is ABC123!\n', stdout)
    output.close()
    expect(log()).toBe('::stop-commands::abc123\n │ harmless\n::abc123::\n::stop-commands::def456\n │ it is ABC123!\n::def456::\n')
  })

  it('cannot colour, erase or reorder the log, and its progress bars take one line', () => {
    const { output, log } = open()
    output.guest('\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07\0NUL\n 10%\r 50%\r100%\nab\u202edc\n', stdout)
    output.close()
    expect(log().split('\n').slice(1, -2)).toEqual([' │ red bellNUL', ' │ 100%', ' │ ab⟨U+202E⟩dc'])
  })

  it('cannot make a line that is too long for the log', () => {
    const { output, log } = open()
    output.guest('x'.repeat(10_000), stdout)
    output.guest(`${'y'.repeat(10_000)}\n`, stdout)
    output.close()
    expect(
      Math.max(
        ...log()
          .split('\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThan(4200)
    expect(log().match(/[xy]/g)).toHaveLength(20_000)
  })
})

// The patterns that setup-* actions and editors register for the rest of a job, from their repositories. The runner tries them on guest
// lines too, fenced or not.
describe('foreign problem matchers', () => {
  it.each([
    ['tsc', /^([^\s].*)[(:](\d+)[,:](\d+)(?:\):\s+|\s+-\s+)(error|warning|info)\s+(TS\d+)\s*:\s*(.*)$/, 'src/a.ts(1,2): error TS1: no'],
    ['eslint-stylish', /^([^\s].*)$/, 'src/a.ts'],
    ['python', /^\s*File\s"(.*)",\sline\s(\d+),\sin\s(.*)$/, '  File "a.py", line 1, in f'],
    [
      'csc',
      /^([^\s].*)\((\d+)(?:,\d+|,\d+,\d+)?\):\s+(error|warning)\s+([a-zA-Z]+(?<!MSB)\d+):\s*(.*?)\s+\[(.*?)\]$/,
      'a.cs(1,2): error CS1: no [a]',
    ],
    ['msvc', /^(?:\s+\d+>)?([^\s].*)\((\d+),?(\d+)?\)\s*:\s+(error|warning)\s+(\w{1,2}\d+)\s*:\s*(.*)$/, 'a.c(1,2): error C1: no'],
    ['rust', /^(warning|warn|error)(\[(.*)\])?: (.*)$/, 'error[E1]: no'],
    ['shellcheck', /^(?!\s)(.+):(\d+):(\d+):\s(warning|error):\s(.*)\s\[(SC\d+)\]$/, 'a.sh:1:2: error: no [SC1]'],
  ])('of %s do not match guest lines', (_, pattern, line) => {
    expect(line).toMatch(pattern)
    const { output, log } = open()
    output.guest(`${line}\n`, stdout)
    output.close()
    for (const shown of readAsRunner(log()).lines) expect(shown).not.toMatch(pattern)
  })
})

it('writes commands as @actions/core does', () => {
  const message = 'a%b\r\nc: d, e'
  const properties = { title: 'a:b,c%d\ne', file: 'x,y.yml', startLine: 3, endLine: 4 }
  let written = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
  error(message, properties)
  spy.mockRestore()
  expect(`${workflowCommand('error', { title: properties.title, file: properties.file, line: 3, endLine: 4 }, message)}\n`).toBe(written)
})

it('writes what is being waited for now and then', () => {
  const { output, log } = open()
  for (let atMs = 0; atMs < 25_000; atMs += 500) output.waiting(`waiting for sshd, ${atMs}`, atMs)
  expect(log()).toBe('  … waiting for sshd, 0\n  … waiting for sshd, 10000\n  … waiting for sshd, 20000\n')
})
