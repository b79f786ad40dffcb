// `npm run demo`: from a fresh checkout to a verdict. Installs QEMU and what builds the test guest, builds it, and runs an example job.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { guest } from '../__tests__/guests'
import { ensureQemu } from '../src/machines/qemu/install'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

say('1. QEMU, installed when it is missing')
await ensureQemu({ signal: new AbortController().signal, onProgress: say })
say('2. a tiny guest to test, built from Debian packages when it is not in the cache')
const image = await guest('tiny')
say(`   ${image}`)
say('3. the job of examples/demo.yml on it\n')
const { status } = spawnSync(process.execPath, ['dist/cli/index.js', 'run', 'examples/demo.yml', '--image', image], { stdio: 'inherit' })
if (status === 0) say(`\nThe summary that a pull request would show is ${resolve('image-test-report/summary.md')}`)
process.exitCode = status ?? 1
