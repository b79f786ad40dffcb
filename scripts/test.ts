// `npm test`: unit tests, then end-to-end tests on real guests; ends with one line, `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages, missingPrograms } from '../src/lib/packages'
import { ensureQemu } from '../src/machines/qemu/install'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

// Unit tests look at images that the real qemu-img makes, and at disks that the real tools partition.
const installing = { signal: new AbortController().signal, onProgress: (text: string) => void process.stderr.write(`${text}\n`) }
await ensureQemu(installing)
await ensurePackages({
  ...installing,
  missing: () => missingPrograms(['sfdisk', 'mformat']),
  packages: ['fdisk', 'mtools'],
  elsewhere: 'Install fdisk and mtools first.',
})

const dir = mkdtempSync(join(tmpdir(), 'image-test-'))
let passed = 0
let failed = 0
for (const project of ['unit', 'e2e']) {
  const file = join(dir, `${project}.json`)
  spawnSync(
    'node_modules/.bin/vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    {
      stdio: 'inherit',
    },
  )
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
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
