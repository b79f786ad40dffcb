import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInterruptible } from './interruptible'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

export interface Project {
  readonly name: 'unit' | 'e2e' | 'measured'
  readonly node?: string // that runs it; ours unless told
}

// Runs the tests of projects one after the other, prints a last line `N passed, N failed`, and tells whether all is well.
export const runProjects = async (
  projects: readonly Project[],
  only: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> => {
  const dir = mkdtempSync(join(tmpdir(), 'image-test-'))
  let passed = 0
  let failed = 0
  for (const [index, { name, node = process.execPath }] of projects.entries()) {
    const file = join(dir, `${index}.json`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    await runInterruptible(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', name, ...reporters, ...only], { env })
    if (existsSync(file)) {
      const report = JSON.parse(readFileSync(file, 'utf8')) as Report
      passed += report.numPassedTests
      failed += report.numFailedTests
      // A file that could not be loaded, or whose set-up failed, holds no failed test but is a failure.
      failed += report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length
    } else failed += 1
  }
  rmSync(dir, { recursive: true, force: true })
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 && passed > 0
}
