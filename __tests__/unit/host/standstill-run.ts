// Runs a program that ends in time while we stand still, and tells how that went.
import { run } from '../../../src/host/process'

const running = run({ file: 'sleep', args: ['3'], timeoutMs: 5000 })
process.stdout.write(`${process.pid}\n`)
const { ok, timedOut } = await running
process.stdout.write(JSON.stringify({ ok, timedOut }))
process.exit()
