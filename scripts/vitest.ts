import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

// Runs the tests of projects one after the other, prints a last line `N passed, N failed`, and tells whether all is well.
export const runProjects = (projects: readonly string[], only: readonly string[] = [], env: NodeJS.ProcessEnv = process.env): boolean => {
  const dir = mkdtempSync(join(tmpdir(), 'image-test-'))
  let passed = 0
  let failed = 0
  for (const project of projects) {
    const file = join(dir, `${project}.json`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    spawnSync('node_modules/.bin/vitest', ['run', '--project', project, ...reporters, ...only], { stdio: 'inherit', env })
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
