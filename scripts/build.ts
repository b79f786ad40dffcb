// Builds the two bundles: dist/index.js is the action, dist/cli/index.js the terminal command. `npm run build [FOLDER]`
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../src/host/process'

const bundle = async (entry: string, folder: string): Promise<void> => {
  await rm(folder, { recursive: true, force: true })
  const { ok, stdout, stderr } = await run({
    file: join('node_modules', '.bin', 'ncc'),
    args: ['build', entry, '--out', folder, '--license', 'licenses.txt', '--no-cache', '--transpile-only'],
    timeoutMs: 300_000,
    maxBytes: 16 * 1024 * 1024,
  })
  if (!ok) throw new Error(`ncc could not build ${entry}:\n${stdout.slice(0, 4000)}${stderr.slice(0, 4000)}`)
  // A helper of ssh2 for the PuTTY agent on Windows, where this does not run.
  await rm(join(folder, 'pagent.exe'), { force: true })
}

const target = process.argv[2] ?? 'dist'
await bundle('src/main.ts', target)
await bundle('src/cli.ts', join(target, 'cli'))
await chmod(join(target, 'cli', 'index.js'), 0o755)
