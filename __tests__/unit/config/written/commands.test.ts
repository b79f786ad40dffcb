import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { checkCommands } from '../../../../src/config/written/bash'
import { splitCommands } from '../../../../src/config/written/commands'
import { load, problemsOf } from '../harness'

const signal = new AbortController().signal
const withCommands = (commands: string) => load({ inputs: { image: 'x', commands } })

describe('the input commands', () => {
  it('is one test per line, without comments and empty lines', async () => {
    const { job } = await withCommands(`
# the system is up
systemctl is-system-running --wait
  test "$(getenforce)" = Enforcing   # really

printf '%s\\n' \\
  one \\
  two
`)
    expect(job.tests.map(({ id, name }) => [id, name])).toEqual([
      ['systemctl-is-system-running-wait', 'systemctl is-system-running --wait'],
      ['test-getenforce-enforcing-really', 'test "$(getenforce)" = Enforcing   # really'],
      ['printf-s-n-one-two', "printf '%s\\n' one two"],
    ])
    expect(job.tests[2]).toMatchObject({ kind: 'run', run: "printf '%s\\n' \\\n  one \\\n  two", gating: true, expect: { exit: [0] } })
    expect(job.tests.every(({ location }) => location === undefined)).toBe(true)
    expect(job.source).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
  })

  it.each([
    ['a\nb', [1, 2]],
    ['a \\\n b\nc', [1, 3]],
    ['a \\\\\nb', [1, 2]],
    ['# a \\\nb', [2]],
    ['a\r\nb\r\n', [1, 2]],
    ['a \\', [1]],
  ])('is split in %j at lines %j', (text, lines) => {
    expect(splitCommands(text).map(({ line }) => line)).toEqual(lines)
  })

  it.each([
    ['ls\npwd\nif true\nfi', ['line 3 is not a complete command; use `run` or a job file', 'line 4 is not a complete command']],
    ['echo "a\nb"', ['line 1 is not', 'line 2 is not']],
    ['cat <<END\nx\nEND', ['line 1 is not']],
    ['ls\necho a \\', ['line 2 is not a complete command; use `run` or a job file (nothing follows the backslash)']],
    ['ls )', ['line 1 is not']],
    ['f() {', ['line 1 is not']],
    ['# only a comment', ['there is no command in it, only comments']],
  ])('is refused where a line of %j is not complete', async (commands, complaints) => {
    const lines = (await problemsOf(withCommands(commands))).split('\n').filter((line) => line.startsWith('input commands: '))
    expect(lines).toHaveLength(complaints.length)
    for (const [index, complaint] of complaints.entries()) expect(lines[index]).toContain(`input commands: ${complaint}`)
  })

  it('takes what is complete, however odd it looks', async () => {
    const commands = [
      '! false',
      'a=1 true',
      '[[ a == a ]] && echo "b # c"',
      "echo 'it'\\''s'",
      'for i in 1 2; do echo $i; done',
      'cat <<<x',
      '-x',
      'f() { :; }; f',
    ]
    expect((await withCommands(commands.join('\n'))).job.tests).toHaveLength(commands.length)
  })

  it('is parsed by the host and never run by it', async () => {
    const hostile = ['touch RAN', '$(touch RAN)', '`touch RAN`', '}; touch RAN; {', "'; touch RAN; '", 'set +n; touch RAN']
    const complaints = await checkCommands(
      hostile.map((command) => command.replace('RAN', '/nonexistent/ran')),
      signal,
    )
    expect(complaints?.map((complaint) => complaint === '')).toEqual([true, true, true, false, true, true])
  })

  it('is checked by one process, however many there are', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'commands-'))
    writeFileSync(join(bin, 'bash'), `#!/bin/sh\necho bash >>${bin}/started\nPATH=$LATER exec bash "$@"\n`, { mode: 0o755 })
    vi.stubEnv('LATER', process.env['PATH'])
    vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
    try {
      expect(await checkCommands(Array<string>(10).fill('systemctl is-active sshd'), signal)).toHaveLength(10)
    } finally {
      vi.unstubAllEnvs()
    }
    expect(readFileSync(join(bin, 'started'), 'utf8')).toBe('bash\n')
  })
})

describe('the input run', () => {
  it('is one test with its script as it is', async () => {
    const { job } = await load({ inputs: { image: 'x', run: 'for i in 1 2; do\n  echo $i\r\ndone\n' } })
    expect(job.tests).toMatchObject([
      { kind: 'run', run: 'for i in 1 2; do\n  echo $i\ndone\n', name: 'for i in 1 2; do', id: 'for-i-in-1-2-do' },
    ])
  })
})
