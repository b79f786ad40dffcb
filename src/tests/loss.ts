// What became of a machine whose connection broke, or whose system ends.
import { JobError } from '../errors'
import type { Session } from '../guest/session'
import { atMost } from '../lib/at-most'
import type { LiveMachine } from './live'

// A panic or a reset cuts the connection a moment before the machine tells; a power-off ends sshd first, and much else after it, to which
// systemd gives 90 s.
const explainedMs = 5000
const shutdownMs = 90_000

// Waits until the machine itself tells why it is silent, if it does.
export const awaitExplanation = async (
  { failure, goingDown }: Pick<LiveMachine, 'failure' | 'goingDown'>,
  signal: AbortSignal,
): Promise<JobError | undefined> => {
  return (await atMost(explainedMs, failure, signal)) ?? (goingDown() ? await atMost(shutdownMs, failure, signal) : undefined)
}

// A lost machine ends the job; the sequence throws this after it has recorded the test.
export const lostError = (machine: Pick<LiveMachine, 'name' | 'failed'>, cause: string): JobError =>
  machine.failed() ??
  new JobError('guest-lost', `the guest stopped answering: ${cause}`, {
    hint: 'The machine still runs, but its SSH connection is gone: see the end of console.log and the journal in the image.',
    machine: machine.name,
    stage: 'ready',
  })

const stoppingMs = 10_000

// guest-lost: the machine that has no test to come did not outlive the last one, or is about to go.
export const requireAlive = async (machine: LiveMachine, slowdown: number, signal: AbortSignal): Promise<void> => {
  const session = machine.session()
  const ends = machine.failed() !== undefined || session.isLost() || machine.goingDown()
  if (!ends && (await ask(session, slowdown, signal)) === 'stays') return
  const told = await awaitExplanation(machine, signal)
  // A system that only went to another target goes on, and so does one that answers nobody.
  if (told === undefined && !session.isLost() && (await ask(session, slowdown, signal)) !== 'goes') return
  throw lostError(machine, session.isLost() ? 'its connection broke' : 'its system ends')
}

// Whether its system ends. It does when nothing of the question runs in its time, or something ends the shell around it: the guest is going,
// or hangs.
const ask = async (session: Session, slowdown: number, signal: AbortSignal): Promise<'stays' | 'goes' | 'unanswered'> => {
  const script = '[ "$(systemctl is-system-running 2>/dev/null)" != stopping ]'
  const timeoutMs = stoppingMs * slowdown
  const asked = { script, shell: 'sh {0}', env: {}, timeoutMs, killGraceMs: 1000, onOutput: () => undefined }
  const result = await session.exec(asked, signal)
  switch (result.kind) {
    case 'exited':
      return result.code === 1 ? 'goes' : 'stays'
    case 'not-started':
      return result.durationMs >= timeoutMs ? 'goes' : 'unanswered'
    case 'timed-out':
      return 'unanswered'
    case 'lost':
    case 'signalled':
    case 'unproven':
      return 'goes'
  }
}
