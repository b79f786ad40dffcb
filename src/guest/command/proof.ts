// How a command ended, as far as its transport proves it. Over SSH that is a first mark on both streams, with whom it runs as, the process
// that became its shell, and two equal exit codes behind its outputs. Whatever else comes is no end of a command.
import { atMost } from '../../lib/at-most'
import { markedStream, type Mark } from './marks'
import type { ExecRequest } from './request'
import { plain, said } from './said'
import type { Channel, Connection } from '../ssh'

export type End =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'not-started' | 'unproven' | 'lost'; readonly cause: string }

export interface Followed {
  readonly ended: Promise<End>
  readonly leader: () => number | undefined
  readonly stop: () => void // listen no longer; what a daemon still writes is dropped
}

// The script's own and that of a second run; a guest that knows the token may tell more without end.
const mostLeaders = 2

// A channel that closes without a word may be the first sign of a connection that breaks.
const breakMs = 2000

export const follow = (
  { stream, closed, close }: Channel,
  { lost }: Pick<Connection, 'lost'>,
  token: string,
  { as, cwd, shell, onOutput }: Pick<ExecRequest, 'as' | 'cwd' | 'shell' | 'onOutput'>,
): Followed => {
  const who = as === undefined ? 'the login shell' : `sudo, asked for ${as},`
  const begun: Partial<Record<StreamName, string>> = {}
  const ends: Partial<Record<StreamName, string>> = {}
  const before = said()
  const complaint = said()
  let leader: number | undefined
  let leaders = 0
  let listening = true
  let finish: (end: End) => void = () => undefined
  const byMark = new Promise<End>((resolve) => (finish = resolve))
  const notStarted = (cause: string): void => {
    finish({ kind: 'not-started', cause })
  }
  const onMark = (name: StreamName, { word, values }: Mark): void => {
    const value = values.join(' ')
    switch (word) {
      case 'begin': {
        begun[name] = value
        const [uid, wanted] = values
        if (uid !== wanted) notStarted(`${who} runs commands as uid ${plain(uid ?? '')}, not as uid ${plain(wanted ?? '')}`)
        return
      }
      case 'leader':
        leader = /^\d{1,10}$/.test(value) ? Number(value) : undefined
        leaders += 1
        if (leader !== undefined && listening && stream.writable && leaders <= mostLeaders) stream.write('heard\n')
        return
      case 'other':
        notStarted(`${who} does not run what it is asked to: ${readsInstead(value)}`)
        return
      case 'nowhere':
        notStarted('no folder in the guest could take the script (/tmp, /dev/shm, /run, /var/tmp)')
        return
      case 'astray':
        notStarted(`the folder ${cwd ?? ''} could not be entered`)
        return
      case 'unable':
      case 'empty': {
        const words = complaint.last()
        const why = word === 'unable' ? 'could not be executed' : `ends with ${plain(value)} also with an empty script`
        notStarted(`the shell “${shell}” ${why}${words === '' ? '' : `: ${words}`}`)
        return
      }
      case 'blind':
        finish(unproven(`the shell “${shell}” ends with ${plain(value)} also with a script that fails`))
        return
      default:
        ends[name] = word === 'end' ? value : ''
        if (ends.stdout !== undefined && ends.stderr !== undefined) finish(proven() ?? unproven('its last marks are not as they should be'))
    }
  }
  const proven = (): End | undefined => {
    const { stdout: code = '' } = ends
    const isCode = /^\d{1,3}$/.test(code) && Number(code) <= 255 && ends.stderr === code
    const isWho = /^\d+ \d+$/.test(begun.stdout ?? '') && begun.stdout === begun.stderr
    return isCode && isWho && leader !== undefined ? { kind: 'exited', code: Number(code) } : undefined
  }
  const unproven = (cause: string): End => ({ kind: 'unproven', cause })
  const split = (name: StreamName) =>
    markedStream(token, {
      onBefore: before.push,
      onData: (chunk) => {
        if (name === 'stderr') complaint.push(chunk)
        if (listening) onOutput(name, chunk)
      },
      onMark: (mark) => {
        onMark(name, mark)
      },
    })
  const streams = { stdout: split('stdout'), stderr: split('stderr') }
  stream.on('data', (chunk: Buffer) => {
    streams.stdout.push(chunk)
  })
  stream.stderr.on('data', (chunk: Buffer) => {
    streams.stderr.push(chunk)
  })
  stream.on('error', () => undefined) // 'close' follows
  // Without marks the wrapper itself did not come to its end: sudo refused, or somebody killed it. Without a leader the script never ran.
  const byChannel = closed.then(async ({ code, signal }): Promise<End> => {
    streams.stdout.end()
    streams.stderr.end()
    if (code === undefined && signal === undefined) {
      const error = await atMost(breakMs, lost)
      if (error) return { kind: 'lost', cause: error.message }
    }
    const how = signal === undefined ? `ended with ${code ?? 'no exit code'}` : `was killed by SIG${signal}`
    if (leader === undefined) {
      const words = begun.stderr === undefined ? before.last() : complaint.last()
      const cause = `${who} ${how}${words === '' ? '' : `: ${words}`}`
      return signal === undefined && code !== undefined && !endedFromOutside.has(code) ? { kind: 'not-started', cause } : unproven(cause)
    }
    return signal === undefined ? unproven(`the shell around it ${how} and told no exit code of it`) : { kind: 'signalled', signal }
  })
  return {
    ended: Promise.race([byMark, byChannel]),
    leader: () => leader,
    stop: () => {
      listening = false
      close()
    },
  }
}

// By HUP, KILL or TERM, as a shell or sudo tells it: so end those whose system ends, before they come to anything.
const endedFromOutside: ReadonlySet<number> = new Set([129, 137, 143])

type StreamName = 'stdout' | 'stderr'

export const readsInstead = (program: string): string =>
  `${plain(program) || 'another program'} reads the commands in its place (a start file of the login user's shell runs it)`
