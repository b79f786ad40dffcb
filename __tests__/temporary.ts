// Before the tests: one folder for all that they put into the system's temporary one. It is removed after them, and left when a test failed.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

export default ({ vitest }: TestProject): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'image-test-tests-'))
  chmodSync(folder, 0o755) // QEMU runs as another user
  process.env.TMPDIR = folder
  return () => {
    if (vitest.state.getCountOfFailedTests() === 0) rmSync(folder, { recursive: true, force: true })
    else process.stderr.write(`What the tests left is in ${folder}\n`)
  }
}
