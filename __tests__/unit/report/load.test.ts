import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import type { Load } from './load'

const load = (tests: number, bytesPerTest: number): Load =>
  JSON.parse(
    execFileSync(resolve('node_modules/.bin/vite-node'), [resolve(import.meta.dirname, 'load.ts'), String(tests), String(bytesPerTest)], {
      encoding: 'utf8',
    }),
  ) as Load

// Processor time, since other tests run beside this one. Alone, 10,000 tests that print 100 MB take 3.8 s and 185 MB of memory in all.
it('reports ten thousand tests in seconds, in bounded memory', () => {
  const { cpuSeconds, addedBytes, jsonBytes } = load(10_000, 1024)
  expect(cpuSeconds).toBeLessThan(12)
  expect(addedBytes).toBeLessThan(250 * 1024 * 1024)
  expect(jsonBytes).toBeGreaterThan(10_000 * 1024)
}, 120_000)

it('reports a test that prints 50 MB in seconds, in bounded memory', () => {
  const { cpuSeconds, addedBytes, logBytes } = load(1, 50 * 1024 * 1024)
  expect(cpuSeconds).toBeLessThan(6)
  expect(addedBytes).toBeLessThan(100 * 1024 * 1024)
  expect(logBytes).toBeLessThan(600 * 1024)
}, 120_000)
