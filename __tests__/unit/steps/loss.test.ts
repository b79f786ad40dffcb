import { expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import type { RawExecResult } from '../../../src/guest/command/request'
import type { LiveMachine } from '../../../src/guest/live'
import { requireAlive } from '../../../src/steps/loss'

const never = new AbortController().signal
const panicked = new JobError('guest-lost', 'the kernel panicked', { hint: '' })

// A machine whose last test has ended; what it answers when it is asked whether it stops, and what its events tell 50 ms later.
const machine = ({ answer, goingDown = false, tells }: { answer: Partial<RawExecResult>; goingDown?: boolean; tells?: JobError }) => {
  let told: JobError | undefined
  const failure = new Promise<JobError>((resolve) => {
    if (tells) {
      setTimeout(() => {
        told = tells
        resolve(tells)
      }, 50)
    }
  })
  const lost = answer.kind === 'lost'
  const session = { isLost: () => lost, exec: () => Promise.resolve({ durationMs: 1, ...answer }) }
  return { name: 'machine', failure, failed: () => told, goingDown: () => goingDown, session: () => session } as unknown as LiveMachine
}

it('lets a machine pass that answers and does not stop', async () => {
  await requireAlive(machine({ answer: { kind: 'exited', code: 0 } }), 1, never)
  await requireAlive(machine({ answer: { kind: 'timed-out', killed: true } }), 1, never)
})

it.each<[string, Partial<RawExecResult>]>([
  ['in which nothing runs any more', { kind: 'not-started', cause: 'nothing of it ran within 10 s', durationMs: 10_000 }],
  ['that kills whoever asks', { kind: 'unproven', cause: 'it ended with 143' }],
])('calls a machine lost %s', async (_, answer) => {
  await expect(requireAlive(machine({ answer }), 1, never)).rejects.toMatchObject({ outcome: 'guest-lost' })
})

it('does not call a machine lost whose login the last test broke: it says so', async () => {
  await requireAlive(machine({ answer: { kind: 'not-started', cause: 'zsh reads the commands in its place', durationMs: 20 } }), 1, never)
})

it.each([
  ['stops', { answer: { kind: 'exited', code: 1 } }],
  ['is gone', { answer: { kind: 'lost', cause: 'closed' } }],
  ['said on its console that it ends', { answer: { kind: 'exited', code: 0 }, goingDown: true }],
] as const)('waits for what a machine tells that %s', async (_, given) => {
  await expect(requireAlive(machine({ ...given, tells: panicked }), 1, never)).rejects.toBe(panicked)
})

it('calls a machine lost that is silent and tells nothing', async () => {
  await expect(requireAlive(machine({ answer: { kind: 'lost', cause: 'closed' } }), 1, never)).rejects.toMatchObject({
    outcome: 'guest-lost',
    message: 'the guest stopped answering: its connection broke',
  })
})
