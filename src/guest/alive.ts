import { atMost } from '../lib/at-most'
import type { Session } from './session'

// Whether a guest runs the smallest of commands. A dead one would keep its connection open for long.
export const answersSoon = async (session: Session, slowdown: number): Promise<boolean> => {
  const ended = new AbortController()
  const asked = { script: 'true', shell: 'sh {0}', env: {}, timeoutMs: 60_000, killGraceMs: 1000, onOutput: () => undefined }
  const answer = session.exec(asked, ended.signal).then(
    ({ kind }) => kind === 'exited',
    () => false,
  )
  try {
    return (await atMost(aliveMs * slowdown, answer)) ?? false
  } finally {
    ended.abort(new Error('nobody waits for it'))
  }
}

const aliveMs = 3000
