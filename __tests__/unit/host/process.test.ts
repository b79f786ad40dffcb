import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { run } from '../../../src/host/process'

const sh = (script: string, timeoutMs = 600_000) => run({ file: 'sh', args: ['-c', script], timeoutMs })

it('does not wait for what a program leaves behind with its outputs', async () => {
  const { stdout, ...ended } = await sh('sleep 86400 & echo $!; exit 3')
  expect(ended).toMatchObject({ exitCode: 3, timedOut: false })
  process.kill(Number(stdout), 'SIGKILL') // throws when it is gone
})

it('ends a program at its time limit, whatever it has started', async () => {
  const { stdout, ...ended } = await sh('sleep 86400 & echo $!; wait; echo done', 3000)
  expect(ended).toMatchObject({ ok: false, timedOut: true })
  process.kill(Number(stdout), 'SIGKILL') // what it printed last is the number; throws when it is gone
})

it('ends a program that takes no notice of TERM', async () => {
  const endless = sh("trap '' TERM; echo deaf; while :; do sleep 0.1; done", 3000)
  expect(await endless).toMatchObject({ ok: false, stdout: 'deaf\n', timedOut: true, signal: 'SIGKILL' })
})

it('calls no program too slow that ended while we were stopped', async () => {
  const child = spawn('node_modules/.bin/vite-node', [join(import.meta.dirname, 'standstill-run.ts')])
  const [pid] = (await once(child.stdout, 'data')) as [Buffer]
  process.kill(Number(pid), 'SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 7000)) // its time is over after five
  process.kill(Number(pid), 'SIGCONT')
  expect(JSON.parse(await text(child.stdout))).toEqual({ ok: true, timedOut: false })
})
