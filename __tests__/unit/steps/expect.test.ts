import { describe, expect, it } from 'vitest'
import { processorMs } from '../../support/processor-time'
import type { RawExecResult } from '../../../src/guest/command/request'
import { compare } from '../../../src/steps/expect'

const exited = (code: number): RawExecResult => ({ kind: 'exited', code, durationMs: 5 })
const text = (text: string, whole = true) => ({ text, whole })
const zero = { exit: [0] }
const mismatches = (...given: Parameters<typeof compare>) => compare(...given).reasons

describe('what a result is compared with', () => {
  it('matches exit code 0', () => {
    expect(mismatches(exited(0), zero, text(''), text(''))).toEqual([])
  })
  it('names the exit code and what was wanted', () => {
    expect(mismatches(exited(3), { exit: [0, 2] }, text(''), text(''))).toEqual(['exit code 3 instead of 0 or 2'])
  })
  it('names the signal that a shell tells as 128 + N', () => {
    expect(mismatches(exited(137), zero, text(''), text(''))).toEqual(['exit code 137 (killed by SIGKILL) instead of 0'])
  })
  it('compares stdout exactly, but for blanks around it', () => {
    expect(mismatches(exited(0), { exit: [0], stdout: 'a' }, text(' a\n'), text(''))).toEqual([])
    expect(mismatches(exited(0), { exit: [0], stdout: '' }, text('a\n'), text(''))).toEqual(['stdout is "a" instead of empty'])
  })
  it('never takes the end of a long output for the whole', () => {
    expect(mismatches(exited(0), { exit: [0], stdout: 'a' }, text('a', false), text(''))).toHaveLength(1)
  })
  it('matches a pattern on any line', () => {
    expect(mismatches(exited(0), { exit: [0], stderrMatches: '^b$' }, text(''), text('a\nb\nc'))).toEqual([])
    expect(mismatches(exited(0), { exit: [0], stderrMatches: '^x$' }, text(''), text('a'))).toEqual(['stderr does not match /^x$/'])
  })

  it('does not let a guest hold the run with what a pattern needs for ever to search', () => {
    let why: string | undefined
    const ms = processorMs(() => {
      ;[why] = mismatches(exited(0), { exit: [0], stdoutMatches: '^(a+)+$' }, text(`${'a'.repeat(60)}!`), text(''))
    })
    expect(why).toContain('stdout matches /^(a+)+$/ takes longer than a second')
    expect(ms).toBeLessThan(5000)
  })
  it('judges nothing by the end of an output that was not kept whole, and says so', () => {
    for (const pattern of ['^(?![\\s\\S]*FAIL)', 'ok', '^$']) {
      expect(mismatches(exited(0), { exit: [0], stdoutMatches: pattern }, text('ok', false), text(''))).toEqual([
        `only the end of stdout was kept, as it is longer than 1 MiB, so nobody can tell whether it matches /${pattern}/`,
      ])
    }
    expect(mismatches(exited(0), { exit: [0], stderr: 'ok' }, text(''), text('ok', false))).toEqual([
      'only the end of stderr was kept, as it is longer than 1 MiB, so nobody can tell whether it is "ok"',
    ])
  })
  it.each([
    ['^(?![\\s\\S]*FAIL)', 'FAIL\nmore\n', false],
    ['^(?![\\s\\S]*FAIL)', 'FAIL\n\n\n', false],
    ['^(?![\\s\\S]*FAIL)', 'fine\nmore\n', true],
    ['^(?![\\s\\S]*FAIL)', '', true],
    ['(?!\\S)', 'a\nb\n', false],
    ['^$', 'a\n', false],
    ['^(ok)?$', 'bad\n\n', false],
    ['^(ok)?$', 'bad\n\nok\n', true],
    ['^(?=.*a)(?=.*b)', 'x\nab\n', true],
    ['end$', 'the end\r\n', true],
    ['.*', 'a\n', true],
  ])('takes emptiness somewhere in an output for no match: %j on %j', (pattern, output, found) => {
    const reasons = mismatches(exited(0), { exit: [0], stdoutMatches: pattern }, text(output), text(''))
    expect(reasons).toEqual(found ? [] : [`stdout does not match /${pattern}/`])
  })
  it('tells a difference from what nobody can tell', () => {
    const cut = text('ok', false)
    expect(compare(exited(0), { exit: [0], stdout: 'ok' }, cut, text('')).undecided).toBe(true)
    expect(compare(exited(1), { exit: [0], stdout: 'ok' }, cut, text('')).undecided).toBe(false)
    expect(compare(exited(0), { exit: [0], stdout: 'ok', stderr: 'x' }, cut, text('y')).undecided).toBe(false)
    expect(compare(exited(0), zero, cut, cut)).toEqual({ reasons: [], undecided: false })
  })
  it('tells every difference at once', () => {
    expect(mismatches(exited(1), { exit: [0], stdout: 'x', stderr: 'y' }, text('a'), text('b'))).toHaveLength(3)
  })
  it('never matches a timeout or a lost guest', () => {
    expect(mismatches({ kind: 'timed-out', killed: true, durationMs: 61_000 }, zero, text(''), text(''))).toEqual([
      'did not end within 1 min 1 s and was killed',
    ])
    expect(mismatches({ kind: 'timed-out', killed: true, durationMs: 5100 }, zero, text(''), text(''), 3000)).toEqual([
      'did not end within 3 s and was killed',
    ])
    expect(mismatches({ kind: 'lost', cause: 'panic', durationMs: 1 }, zero, text(''), text(''))).toEqual(['the guest was lost: panic'])
  })
})
