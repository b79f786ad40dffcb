import { expect, it } from 'vitest'
import { watchMachine } from '../../../src/guest/watch'
import type { Finding } from '../../../src/results'

const nothing = (): void => undefined

const watched = (answers?: () => Promise<boolean>, onSelfReboot: (atMs: number) => void = nothing) => {
  const findings: Finding[] = []
  const watch = watchMachine({
    machine: 'machine',
    startMs: 0,
    policy: { failOn: 'fatal', ignore: [], require: [] },
    runBy: 'QEMU',
    accelerator: 'tcg',
    onConsole: nothing,
    onLine: nothing,
    onStage: nothing,
    onFinding: (finding) => findings.push(finding),
    onPowerOn: nothing,
    onSelfReboot,
    ...(answers ? { answers } : {}),
  })
  const reset = (atMs: number): void => {
    watch.event({ kind: 'reset', atMs, by: 'guest' })
  }
  const says = (text: string, atMs: number): void => {
    watch.console(Buffer.from(text), atMs)
  }
  return { watch, reset, says, findings }
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

it('knows that a running system ends, until it is another one', () => {
  const { watch, says } = watched()
  says('[  OK  ] Stopped target Basic System.\n[  OK  ] Stopped target multi-user.target - Multi-User System.\n', 1000)
  expect(watch.goingDown()).toBe(false) // an initramfs ends too
  watch.setPhase('running')
  says('         Stopping ssh.service - OpenBSD Secure Shell server...\n', 2000)
  expect(watch.goingDown()).toBe(false)
  says('[[0;32m  OK  [0m] Stopped target [0;1;39mmulti-user.target[0m - Multi-User System.\n', 3000)
  expect(watch.goingDown()).toBe(true)
  watch.setPhase('rebooting')
  expect(watch.goingDown()).toBe(false)
})

const panic = '[   90.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n'
const settled = () => new Promise((resolve) => setTimeout(resolve, 500)) // longer than the console may go on to explain

it('lets no words on the console end a machine that still answers, but an event does', async () => {
  const { watch, says, findings } = watched(() => Promise.resolve(true))
  watch.setPhase('running')
  says(panic, 90_000)
  await settled()
  await watch.settled()
  expect(watch.failed()).toBeUndefined()
  expect(findings).toMatchObject([{ rule: 'kernel-panic', severity: 'warn', gating: false }])
  expect(findings[0]?.summary).toMatch(/^the console tells of a panic, but the machine answers: /)
  watch.event({ kind: 'panicked', atMs: 91_000 })
  expect((await watch.failure).outcome).toBe('guest-lost')
})

it('takes words for a panic when the machine is silent, or was not ready yet', async () => {
  const { watch, says, findings } = watched(() => Promise.resolve(false))
  watch.setPhase('running')
  says(panic, 90_000)
  expect((await watch.failure).outcome).toBe('guest-lost')
  await settled()
  expect(findings).toMatchObject([{ rule: 'kernel-panic', severity: 'fatal', gating: true }])
  const booting = watched(() => Promise.resolve(true))
  booting.says(panic, 9000)
  expect((await booting.watch.failure).outcome).toBe('boot-failed')
})

it('asks after the words, and again for what comes after the question', async () => {
  let alive = true
  const answers: ((alive: boolean) => void)[] = []
  const { watch, says, findings } = watched(() =>
    answers.length === 0 ? new Promise((answer) => answers.push(answer)) : Promise.resolve(alive),
  )
  watch.setPhase('running')
  says(`${panic}---[ end Kernel panic ]---\n`, 90_000) // an old log
  await expect.poll(() => answers.length).toBe(1)
  says(panic, 91_000) // its own
  alive = false
  answers[0]?.(true)
  expect((await watch.failure).outcome).toBe('guest-lost')
  await watch.settled()
  expect(findings.at(-1)).toMatchObject({ rule: 'kernel-panic', severity: 'fatal', gating: true })
})

it('takes no answer of another processor for that of a kernel that panicked just now', async () => {
  const diesAtMs = performance.now() + 100
  const { watch, says } = watched(() => Promise.resolve(performance.now() < diesAtMs))
  watch.setPhase('running')
  says(panic, 90_000)
  expect((await watch.failure).outcome).toBe('guest-lost')
})

it('does not wait for an answer when an event tells of the panic', async () => {
  const { watch, says, findings } = watched(() => new Promise(() => undefined))
  watch.setPhase('running')
  says(panic, 90_000)
  watch.event({ kind: 'panicked', atMs: 90_010 })
  expect((await watch.failure).outcome).toBe('guest-lost')
  await settled()
  expect(findings).toMatchObject([{ severity: 'fatal', gating: true }])
})

it('tells each reboot of a first boot once, and none of a machine that was ready', () => {
  const reboots: number[] = []
  const { watch, says, reset } = watched(undefined, (atMs) => reboots.push(atMs))
  says('[    1.0] kernel\n', 9000)
  reset(10_000)
  reset(10_040) // the firmware's own
  says('[    1.0] kernel\n', 19_000)
  watch.setPhase('rebooting')
  reset(20_000)
  expect(reboots).toEqual([10_000])
})
