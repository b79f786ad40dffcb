// A run of its own process: `hold` opens a workspace and lives on, `clean` does what `image-test clean` does.
import { cleanAll } from '../../../src/commands/clean'
import { openWorkspace } from '../../../src/host/workspace'

const [what, root = ''] = process.argv.slice(-2)
if (what === 'hold') {
  console.log((await openWorkspace(root)).dir)
  setInterval(() => undefined, 1000)
} else {
  console.log((await cleanAll(root)).lines.join('\n'))
  process.exit()
}
