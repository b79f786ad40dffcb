import { lineSplitter, type Line } from '../lib/lines'
import { systemClock } from '../lib/clock'
import type { Session } from './session'

export interface JournalRequest {
  readonly session: Session
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onData: (chunk: Uint8Array) => void // every byte of it
  readonly onLine: (line: Line) => void // with the clock time at which the guest wrote it
}

// The last lines of this boot are enough; who prints more than that has said what is wrong before.
const maxLines = 50_000

// Time counts from the start of the kernel, as on the console; the uptime in front tells when that was on our clock.
const program = `cut -d' ' -f1 /proc/uptime
as=; [ "$(id -u)" = 0 ] || { sudo -n true 2>/dev/null && as='sudo -n'; }
exec $as journalctl --boot --no-pager --quiet --lines=${maxLines} --output=short-monotonic`

// Reads the journal of this boot, with root's rights where the user has them. Tells why it is not whole; undefined when it is.
export const readJournal = async ({ session, timeoutMs, signal, onData, onLine }: JournalRequest): Promise<string | undefined> => {
  let startedMs: number | undefined // of the kernel, on our clock
  let errors = ''
  const lines = lineSplitter((line) => {
    const seconds = Number(/^\[ *(\d+\.\d+)\] /.exec(line.text)?.[1] ?? 0)
    onLine({ ...line, atMs: (startedMs ?? 0) + seconds * 1000 })
  })
  const take = (chunk: Buffer): void => {
    onData(chunk)
    lines.push(chunk)
  }
  let head = ''
  const takeFirst = (chunk: Buffer): void => {
    head += chunk.toString('latin1')
    const end = head.indexOf('\n')
    if (end === -1) return
    startedMs = systemClock.now() - Number(head.slice(0, end)) * 1000
    take(Buffer.from(head.slice(end + 1), 'latin1'))
  }
  const result = await session.exec(
    {
      script: program,
      shell: 'sh {0}',
      env: {},
      timeoutMs,
      killGraceMs: 1000,
      onOutput: (stream, chunk) => {
        if (stream === 'stderr') errors = `${errors}${Buffer.from(chunk).toString()}`.slice(0, 1000)
        else if (startedMs === undefined) takeFirst(Buffer.from(chunk))
        else take(Buffer.from(chunk))
      },
    },
    signal,
  )
  lines.end()
  switch (result.kind) {
    case 'exited':
      return result.code === 0 ? undefined : errors.trim() || `journalctl ended with ${result.code}`
    case 'timed-out':
      return `journalctl did not end within ${timeoutMs / 1000} s`
    case 'signalled':
      return `journalctl was killed by SIG${result.signal}`
    case 'not-started':
    case 'lost':
      return result.cause
  }
}
