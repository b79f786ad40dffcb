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

// The last entries of this boot are enough; who prints more than that has said what is wrong before. One more is asked for, to know.
export const maxEntries = 50_000
const maxUptimeBytes = 64

// Time counts from the start of the kernel, as on the console; the uptime in front tells when that was on our clock. Without root's rights
// journalctl shows all of the journal to three groups, and to others their own entries as if there were no more (systemd-journald.service(8)).
const program = `as= seen=all
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then as='sudo -n'
  else case " $(id -Gn) " in *' systemd-journal '*|*' adm '*|*' wheel '*) ;; *) seen=own ;; esac
  fi
fi
echo "$(cut -d' ' -f1 /proc/uptime) $seen"
exec $as journalctl --boot --no-pager --quiet --lines=${maxEntries + 1} --output=short-monotonic`

const ofOthersUnseen =
  'the login user sees only its own entries: it is no root, has no sudo, and is in none of the groups systemd-journal, adm and wheel'
const beginningUnread = `it has more than ${maxEntries} entries of this boot, of which the last were read`

// Reads the journal of this boot, with root's rights where the user has them. Tells why it is not whole; undefined when it is.
export const readJournal = async ({ session, timeoutMs, signal, onData, onLine }: JournalRequest): Promise<string | undefined> => {
  let startedMs: number | undefined // of the kernel, on our clock
  let errors = ''
  let entries = 0
  let seen: string | undefined
  const lines = lineSplitter((line) => {
    const time = /^\[ *(\d{1,12}\.\d{1,9})\] /.exec(line.text)?.[1]
    if (time !== undefined) entries += 1
    const seconds = Number(time ?? 0)
    onLine({ ...line, atMs: Math.min((startedMs ?? 0) + seconds * 1000, systemClock.now()) }) // whatever the guest's clock says
  })
  const take = (chunk: Buffer): void => {
    onData(chunk)
    lines.push(chunk)
  }
  let head: Buffer = Buffer.alloc(0)
  const doubts: string[] = []
  const takeFirst = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\n')
    if (end === -1 && head.length <= maxUptimeBytes) return
    const [, uptime, rights] = /^(\d{1,12}(?:\.\d{1,9})?) (all|own)$/.exec(head.toString('latin1', 0, Math.max(end, 0))) ?? []
    if (uptime === undefined) doubts.push('the guest does not tell its uptime, so the times of its lines are wrong')
    startedMs = systemClock.now() - Number(uptime ?? 0) * 1000
    seen = rights
    take(uptime === undefined ? head : head.subarray(end + 1))
    head = Buffer.alloc(0)
  }
  const result = await session.exec(
    {
      script: program,
      shell: 'sh {0}',
      env: {},
      timeoutMs,
      killGraceMs: 1000,
      onOutput: (stream, chunk) => {
        if (stream === 'stderr') errors = `${errors}${Buffer.from(chunk.subarray(0, 1000)).toString()}`.slice(0, 1000)
        else if (startedMs === undefined) takeFirst(Buffer.from(chunk))
        else take(Buffer.from(chunk))
      },
    },
    signal,
  )
  lines.end()
  switch (result.kind) {
    case 'exited':
      if (result.code !== 0) return errors.trim() || `journalctl ended with ${result.code}`
      return doubts[0] ?? (seen !== 'all' ? ofOthersUnseen : entries > maxEntries ? beginningUnread : undefined)
    case 'timed-out':
      return `journalctl did not end within ${timeoutMs / 1000} s`
    case 'signalled':
      return `journalctl was killed by SIG${result.signal}`
    case 'not-started':
    case 'unproven':
    case 'lost':
      return result.cause
  }
}
