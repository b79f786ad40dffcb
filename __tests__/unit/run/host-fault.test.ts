import { expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import { blameHost } from '../../../src/run/host-fault'

const lost = new JobError('guest-lost', 'the guest stopped answering', { hint: 'Look.', stage: 'ready' })
const machine = (alive: boolean) => ({ name: 'machine', runBy: 'QEMU', answers: () => Promise.resolve(alive) })

it('a silent guest is the host’s fault when QEMU is silent too', async () => {
  expect(await blameHost(lost, machine(false), undefined)).toMatchObject({
    outcome: 'infra-error',
    message: 'QEMU itself stands still: the guest stopped answering',
    stage: 'ready',
  })
  expect(await blameHost(lost, machine(true), undefined)).toBe(lost)
})

it('what the machine or its console have told stands', async () => {
  const panicked = new JobError('guest-lost', 'the kernel panicked', { hint: '' })
  expect(await blameHost(lost, machine(false), panicked)).toBe(lost)
  const gone = new JobError('infra-error', 'QEMU was killed by SIGKILL', { hint: '' })
  expect(await blameHost(lost, machine(false), gone)).toBe(gone)
})

it('other errors are left alone', async () => {
  const cancelled = new JobError('cancelled', 'the run was cancelled', { hint: '' })
  expect(await blameHost(cancelled, machine(false), undefined)).toBe(cancelled)
})
