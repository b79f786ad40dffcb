// A program for a test that watches what it opens: obtains each image of its arguments, and says what came of it.
import { dirname } from 'node:path'
import { JobError } from '../../../../src/errors'
import { obtainImage } from '../../../../src/images'

for (const source of process.argv.slice(2)) {
  const cwd = dirname(source)
  const options = { dir: cwd, cwd, env: {}, onProgress: () => undefined, warn: () => undefined }
  try {
    await obtainImage(
      { source, verify: 'auto' },
      { ...options, signal: new AbortController().signal, deadlineMs: performance.now() + 600_000 },
    )
    process.stdout.write(`${source}: accepted\n`)
  } catch (error) {
    process.stdout.write(`${source}: ${error instanceof JobError ? error.outcome : String(error)}\n`)
  }
}
