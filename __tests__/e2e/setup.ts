// Before the end-to-end tests: the guests they boot, the Node of hosted runners, and the bundle that is on trial.
import { existsSync } from 'node:fs'
import { run } from '../../src/lib/process'
import { guest } from '../guests'
import { node24 } from './runner'

export default async (): Promise<void> => {
  if (!existsSync(node24)) {
    const { ok, stderr } = await run({ file: 'npm', args: ['ci', '--prefix', '__tests__/node24'], timeoutMs: 300_000 })
    if (!ok) throw new Error(`npm could not install Node 24:\n${stderr}`)
  }
  for (const name of ['tiny', 'panic']) await guest(name)
}
