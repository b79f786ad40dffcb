import { expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import type { RawExecResult } from '../../../src/guest/session'
import type { LiveMachine } from '../../../src/tests/live'
import { requireAlive } from '../../../src/tests/loss'

const never = new AbortController().signal
const panicked = new JobError('guest-lost', 'the kernel panicked', { hint: '' })

// A machine whose last test has ended; what it answers when it is asked whether it stops, and what its events tell 50 ms later.
interface Given {
  readonly answer: Partial<RawExecResult>
  readonly again?: Partial<RawExecResult> // what it answers then
  readonly goingDown?: boolean
  readonly tells?: JobError
}

const machine = ({ answer, again = answer, goingDown = false, tells }: Given) => {
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
  let asked = 0
  const session = { isLost: () => lost, exec: () => Promise.resolve({ durationMs: 1, ...(asked++ === 0 ? answer : again) }) }
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

it('asks a machine again that does not answer whether it stops', async () => {
  for (const answer of [
    { kind: 'timed-out', killed: true },
    { kind: 'not-started', cause: 'no folder', durationMs: 20 },
  ] as const) {
    await expect(requireAlive(machine({ answer, again: { kind: 'exited', code: 1 } }), 1, never)).rejects.toMatchObject({
      outcome: 'guest-lost',
    })
    await expect(requireAlive(machine({ answer, tells: panicked }), 1, never)).rejects.toBe(panicked)
  }
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
