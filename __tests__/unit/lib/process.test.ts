import { expect, it } from 'vitest'
import { run } from '../../../src/lib/process'

const sh = (script: string, timeoutMs = 20_000) => run({ file: 'sh', args: ['-c', script], timeoutMs })

it('does not wait for what a program leaves behind with its outputs', async () => {
  const before = performance.now()
  expect(await sh('sleep 8 & echo done; exit 3')).toMatchObject({ exitCode: 3, stdout: 'done\n', timedOut: false })
  expect(performance.now() - before).toBeLessThan(5000)
})

it('ends a program at its time limit, whatever it has started', async () => {
  const before = performance.now()
  expect(await sh('echo begun; sleep 8; echo done', 200)).toMatchObject({ ok: false, stdout: 'begun\n', timedOut: true })
  expect(performance.now() - before).toBeLessThan(5000)
})

it('ends a program that takes no notice of TERM', async () => {
  const before = performance.now()
  expect(await sh("trap '' TERM; while :; do sleep 0.1; done", 200)).toMatchObject({ ok: false, timedOut: true })
  expect(performance.now() - before).toBeLessThan(5000)
})
