import { expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import type { RawExecResult } from '../../../src/guest/command/request'
import { liveMachine, type LiveRequest } from '../../../src/guest/reboots'

const never = new AbortController().signal
const gone = new JobError('infra-error', 'QEMU was killed by SIGKILL', { hint: '' })

const machine = ({ answer, failed, ready }: { answer: Partial<RawExecResult>; failed?: JobError; ready?: LiveRequest['ready'] }) => {
  const phases: string[] = []
  const ended: (readonly [string, string | undefined])[] = []
  const live = liveMachine({
    name: 'machine',
    session: { user: 'tiny', exec: () => Promise.resolve({ durationMs: 1, ...answer }) },
    watch: { failed: () => failed, setPhase: (phase: string) => phases.push(phase) },
    ready: ready ?? (() => Promise.reject(new JobError('boot-failed', 'nobody answers', { hint: '' }))),
    beforeReboot: () => Promise.resolve(),
    openReboot: () => ({ end: (outcome: string, message?: string) => ended.push([outcome, message]) }),
  } as unknown as LiveRequest)
  return { live, phases, ended }
}

it('tells why a guest refuses to reboot, and goes on with it', async () => {
  const { live, phases, ended } = machine({ answer: { kind: 'not-started', cause: 'sudo, asked for root, ended with 1' } })
  expect(await live.reboot(1000, never)).toMatch(/^the guest could not be told to reboot .*sudo, asked for root, ended with 1$/)
  expect(phases).toEqual(['rebooting', 'running'])
  expect(ended).toEqual([])
})

it('leaves it to the host when QEMU died meanwhile', async () => {
  const { live, ended } = machine({ answer: { kind: 'lost', cause: 'closed' }, failed: gone })
  await expect(live.reboot(1000, never)).rejects.toBe(gone)
  expect(ended).toEqual([['infra-error', 'QEMU was killed by SIGKILL']])
})

it('calls a guest lost that does not come back', async () => {
  const { live } = machine({ answer: { kind: 'exited', code: 0 } })
  await expect(live.reboot(1000, never)).rejects.toMatchObject({ outcome: 'guest-lost', message: 'after the reboot: nobody answers' })
})
