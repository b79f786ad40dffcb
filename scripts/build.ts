// Builds the bundle, dist/engine.js, and its entries: dist/index.js is the action, dist/cli/index.js the terminal command. `npm run build [FOLDER]`
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../src/host/process'
import { version } from '../src/run/version'

const bundle = async (folder: string): Promise<void> => {
  await rm(folder, { recursive: true, force: true })
  const { ok, stdout, stderr } = await run({
    file: join('node_modules', '.bin', 'ncc'),
    args: ['build', 'src/engine.ts', '--out', folder, '--license', 'licenses.txt', '--no-cache', '--transpile-only'],
    timeoutMs: 300_000,
    maxBytes: 16 * 1024 * 1024,
  })
  if (!ok) throw new Error(`ncc could not build the bundle:\n${stdout.slice(0, 4000)}${stderr.slice(0, 4000)}`)
  // A helper of ssh2 for the PuTTY agent on Windows, where this does not run.
  await rm(join(folder, 'pagent.exe'), { force: true })
  const made = (await readdir(folder)).filter((file) => file !== 'index.js' && file !== 'licenses.txt')
  if (made.length > 0) throw new Error(`the bundle is more than one file; is an import() not webpackMode: "eager"? ${made.join(', ')}`)
  await rename(join(folder, 'index.js'), join(folder, 'engine.js'))
}

const action = `// The action. The bundle is the terminal command's as well.
require('./engine.js').action()
`

// Where that cannot be written, the engine says why. Node may be told not to follow the link that we are called by.
const command = `#!/usr/bin/env node
// The terminal command. Its version is told at once: the engine takes longer to load than that to tell.
const { realpathSync, writeSync } = require('node:fs')
const told = () => {
  try {
    return writeSync(1, '${version}\\n') > 0
  } catch {
    return false
  }
}
if (process.argv[2] !== '--version' || !told()) require(realpathSync(__filename).replace(/[^/]*\\/[^/]*$/, 'engine.js')).terminal()
`

const target = process.argv[2] ?? 'dist'
await bundle(target)
await writeFile(join(target, 'index.js'), action)
await mkdir(join(target, 'cli'))
await writeFile(join(target, 'cli', 'index.js'), command)
await chmod(join(target, 'cli', 'index.js'), 0o755)
