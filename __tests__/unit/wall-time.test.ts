import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

// On a busy machine a wall time tells of the others. What may be asserted instead: processor time (processor-time.ts), how it grows, a count of
// reads, bytes or processes, or that something came which only an early end can bring: before a deadline of an hour, beside a program that
// sleeps for a day. Figures belong in the bench, and in `npm run faults`.
const root = resolve('__tests__')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.startsWith('bench/'))

// They measure for `npm run faults`, and for those who read what it prints.
const measuring = new Set(['e2e/runner.ts', 'e2e/load.ts', 'e2e/faults/terminal.ts'])

const clock = String.raw`(?:performance|Date)\.now\(\)`
const span = new RegExp(String.raw`(?<!new Date\()${clock} - |- ${clock}`) // `new Date(Date.now() - age)` is a moment, not a span
const judged = /expect\([^\n]*\b(?:\w*duration\w*|elapsed\w*|took\w*|\w*startedAtMs|seconds)\b[^\n]*\)\.toBeLess/i

// Where time is paper it is the same on each machine.
const onPaper = /^import .*\/support\/paper\//m

const wallTimes = (file: string, text: string): readonly string[] =>
  text.split('\n').filter((line) => !onPaper.test(text) && (judged.test(line) || (span.test(line) && !measuring.has(file))))

// The limits of vitest.config.ts are there for what never ends; a shorter one of a test's own is a wall time.
const ownLimits = (text: string): readonly string[] => {
  const lines = text.split('\n')
  return lines.filter((line, end) => {
    const [, indent] = /^( *)(?:\}, [\d_]+\)|\{ timeout: .*)$/.exec(line) ?? []
    if (indent === undefined) return false
    const start = lines.slice(0, end).findLast((one) => one.startsWith(indent) && /^[a-z]/.test(one.slice(indent.length)))
    return start !== undefined && /^(?:it|test|describe|before|after)/.test(start.trim())
  })
}

describe('no test asserts a wall time:', () => {
  it.each(files.filter((file) => file !== 'unit/wall-time.test.ts'))('__tests__/%s', (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    expect(wallTimes(file, text), 'measure processor time, or count').toEqual([])
    if (file.endsWith('.test.ts')) expect(ownLimits(text), 'the limits are in vitest.config.ts').toEqual([])
  })

  it.each([
    'expect(performance.now() - started).toBeLessThan(500)',
    'const tookMs = Date.now() - before',
    "expect(byName(ran, 'hangs').durationMs).toBeLessThan(12_000)",
    'expect(boot?.startedAtMs).toBeLessThan(5000)',
  ])('finds %s', (line) => {
    expect(wallTimes('x.test.ts', line)).toEqual([line])
  })

  it.each([
    'const request = { deadlineMs: performance.now() + hourMs }',
    'const used = new Date(Date.now() - ageMinutes * 60_000)',
    'expect(processorMs(read)).toBeLessThan(mostMs)',
  ])('lets pass %s', (line) => {
    expect(wallTimes('x.test.ts', line)).toEqual([])
  })

  it('finds a limit of a test, and no timer', () => {
    expect(ownLimits("it('ends', () => {\n  setTimeout(() => {\n    end()\n  }, 300)\n}, 60_000)")).toEqual(['}, 60_000)'])
  })
})
