import { expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import { blameHost } from '../../../src/run/host-fault'

const lost = new JobError('guest-lost', 'the guest stopped answering', { hint: 'Look.', stage: 'ready' })
const machine = (alive: boolean) => ({ name: 'machine', answers: () => Promise.resolve(alive) })

it('a silent guest is the host’s fault when QEMU is silent too', async () => {
  expect(await blameHost(lost, machine(false), false)).toMatchObject({
    outcome: 'infra-error',
    message: 'QEMU itself stands still: the guest stopped answering',
    stage: 'ready',
  })
  expect(await blameHost(lost, machine(true), false)).toBe(lost)
})

it('what the machine or its console have told stands', async () => {
  expect(await blameHost(lost, machine(false), true)).toBe(lost)
})

it('other errors are left alone', async () => {
  const cancelled = new JobError('cancelled', 'the run was cancelled', { hint: '' })
  expect(await blameHost(cancelled, machine(false), false)).toBe(cancelled)
})
