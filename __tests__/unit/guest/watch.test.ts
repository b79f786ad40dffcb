import { expect, it } from 'vitest'
import { watchMachine } from '../../../src/guest/watch'

const nothing = (): void => undefined

const watched = () => {
  const watch = watchMachine({
    machine: 'machine',
    startMs: 0,
    policy: { failOn: 'fatal', ignore: [], require: [] },
    accelerator: 'tcg',
    onConsole: nothing,
    onLine: nothing,
    onStage: nothing,
    onFinding: nothing,
    onPowerOn: nothing,
  })
  const reset = (atMs: number): void => {
    watch.event({ kind: 'reset', atMs, by: 'guest' })
  }
  const says = (text: string, atMs: number): void => {
    watch.console(Buffer.from(text), atMs)
  }
  return { watch, reset, says }
}

it('takes the several resets of one reboot for one', async () => {
  const { watch, reset, says } = watched()
  for (const boot of [10_000, 20_000, 30_000]) {
    says('[    1.0] kernel\n', boot - 1000)
    for (const afterMs of [0, 40, 900, 1900]) reset(boot + afterMs)
  }
  says('[    1.0] kernel\n', 39_000)
  await new Promise((resolve) => setTimeout(resolve, 400)) // longer than the console may go on to explain
  expect(watch.failed()).toBeUndefined()
  reset(40_000)
  reset(40_010)
  expect((await watch.failure).message).toBe('the machine rebooted itself 4 times without coming up')
})

it('counts resets that follow each other without a word, too', async () => {
  const { watch, reset } = watched()
  for (let atMs = 0; atMs < 8000; atMs += 100) reset(atMs)
  expect((await watch.failure).message).toBe('the machine rebooted itself 4 times without coming up')
})
