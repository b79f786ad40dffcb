// A cancel at any moment, not only at those that somebody thought of.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { outputs } from '../../../../src/config/fields/outputs'
import { pairs } from '../../runner'
import type { Evidence, Row } from '../row'

const moments = 40
// What the run below takes until its last test, with some of its teardown: 5 to 10 s of booting, tests, a reboot.
const spanMs = 20_000

const job = [
  'tests:',
  ...Array.from({ length: 10 }, (_, index) => `  - {id: quick-${index + 1}, run: echo ${index + 1}; sleep 0.2}`),
  '  - {id: many-lines, run: seq 50000}',
  '  - {id: reboot, reboot: true}',
  '  - {id: long, run: sleep 600}',
  'teardown:',
  '  - {id: tidy, run: sleep 1}',
].join('\n')

const isComplete = ({ step, result, reportDir, seconds }: Evidence): void => {
  const written = pairs(readFileSync(join(step.dir, 'GITHUB_OUTPUT'), 'utf8'))
  assert.deepEqual(Object.keys(written).sort(), Object.keys(outputs).sort())
  const text = (path: string): string => readFileSync(join(reportDir, path), 'utf8')
  assert.match(text('junit.xml'), /^<\?xml[^]*<\/testsuites>\s*$/)
  assert.match(text('summary.md'), /cancelled/)
  assert.equal(readFileSync(join(step.dir, 'GITHUB_STEP_SUMMARY'), 'utf8').includes('cancelled'), true)
  assert.equal(written['verdict'], 'cancelled')
  assert.equal(Number(written['total']), result.counts.total)
  assert.ok(seconds * 1000 < spanMs + 12_000)
}

// One in each of as many equal parts of the run, so that all of it has its turn.
const atRandom = (part: number): Row => {
  const signal = part % 2 === 0 ? 'SIGINT' : 'SIGTERM'
  return {
    name: `cancelled at a random moment, ${part} of ${moments}`,
    group: 'cancellation',
    quick: part % 13 === 1,
    guest: 'tiny',
    job,
    during: async ({ step, kill, faultNow, ended }) => {
      while (readFileSync(join(step.dir, 'GITHUB_STATE'), 'utf8') === '' && !ended()) await sleep(5) // from now on something may be left
      await sleep(((part - 1 + Math.random()) / moments) * spanMs)
      faultNow()
      kill(signal)
    },
    expected: {
      verdict: 'cancelled',
      message: new RegExp(signal),
      reactSeconds: 7.5,
      withinSeconds: 60,
      machine: false,
      check: isComplete,
    },
  }
}

export const randomMoments: readonly Row[] = Array.from({ length: moments }, (_, index) => atRandom(index + 1))
