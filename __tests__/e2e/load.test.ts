import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { node24 } from '../node24/setup'
import type { Load } from './load'

const load = (node: string, tests: number, bytesPerTest: number): Load =>
  JSON.parse(
    execFileSync(
      node,
      [resolve('node_modules/.bin/vite-node'), resolve(import.meta.dirname, 'load.ts'), String(tests), String(bytesPerTest)],
      { encoding: 'utf8' },
    ),
  ) as Load

// The process's own processor time, which says the same when other programs run too; beside other tests, which halve a core, it would grow.
// The kernel's is left out: to make a file took it 20 µs or 3 ms on one disk, by where the folder lay. Memory above the 80 MB that a run
// without output takes.
describe.each([
  ['Node 20', process.execPath],
  ['Node 24', node24],
])('under %s', (_, node) => {
  it('reports ten thousand tests that print 100 MB in under 5 s and 200 MB', () => {
    const { cpuSeconds, endCpuSeconds, addedBytes, jsonBytes } = load(node, 10_000, 10_240)
    expect(endCpuSeconds).toBeLessThan(5)
    expect(cpuSeconds).toBeLessThan(12) // with the log, as the tests go
    expect(addedBytes).toBeLessThan(120e6)
    expect(jsonBytes).toBeGreaterThan(10_000 * 1024)
  })

  it('reports a test that prints 50 MB in seconds, in bounded memory', () => {
    const { cpuSeconds, addedBytes, logBytes } = load(node, 1, 50 * 1024 * 1024)
    expect(cpuSeconds).toBeLessThan(6)
    expect(addedBytes).toBeLessThan(100e6)
    expect(logBytes).toBeLessThan(600 * 1024)
  })
})
