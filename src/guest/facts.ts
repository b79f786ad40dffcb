// The first command of a login: its answer is the proof that a login works, which a banner is not (pam_nologin), nor an exit code of 0, which
// `/bin/true` as the login shell has too.
import type { OsFacts } from '../results'
import { systemClock } from '../lib/clock'
import { newProof, newToken } from './command/exec'
import { markedStream, type Mark } from './command/marks'
import type { Patience } from './patience'
import { readsInstead } from './command/proof'
import { shellQuote } from '../lib/shell-quote'
import { plain, said } from './command/said'
import type { Connection } from './ssh'
import { guard, remoteCommand, tell } from './command/wrapper'

export interface Facts {
  readonly bootId: string
  readonly uid: number
  readonly os: OsFacts
  readonly hasBash: boolean
  readonly hasCloudInit: boolean
  readonly hasJournal: boolean
  readonly chatter: readonly string[] // lines that the login shell prints before it runs anything: nobody asked for them
}

export type Answer =
  | { readonly kind: 'facts'; readonly facts: Facts }
  | { readonly kind: 'no-login'; readonly why: string } // it came to an end, and not to the one of our program
  | { readonly kind: 'silent'; readonly why: string }

const maxAnswerBytes = 64 * 1024

// Throws the signal's reason.
export const askFacts = async (connection: Connection, user: string, patience: Patience, signal: AbortSignal): Promise<Answer> => {
  const answered = new AbortController()
  const silent = { kind: 'silent', why: `${user} can log in, but a command has no answer` } as const
  const late = systemClock.sleep(patience.ms(), AbortSignal.any([signal, answered.signal])).then(() => {
    patience.wasTooShort()
    return silent
  })
  const broken = connection.lost.then((error) => ({ kind: 'silent', why: error.message }) as const)
  try {
    return await Promise.race([ask(connection, user), late, broken])
  } finally {
    answered.abort()
  }
}

const program = (token: string, asked: string, user: string): string =>
  [
    ...guard(token, asked),
    `{`,
    ...tell(token),
    `tell begin "$(id -u)" "$(id -u ${shellQuote(user)} 2>/dev/null)"`,
    `fact() { printf '%s=%s\\n' "$1" "$2"; }`,
    `has() { command -v "$1" >/dev/null 2>&1 && fact "has-$1"; }`,
    `fact boot-id "$(cat /proc/sys/kernel/random/boot_id)"`,
    `fact kernel "$(uname -r)"`,
    `has bash`,
    `has cloud-init`,
    `has journalctl`,
    `for file in /etc/os-release /usr/lib/os-release; do`,
    `  [ -r "$file" ] && while IFS= read -r line || [ -n "$line" ]; do fact os "$line"; done <"$file"`,
    `done`,
    `tell end 0`,
    `exit`,
    `}`,
    '',
  ].join('\n')

const ask = async (connection: Connection, user: string): Promise<Answer> => {
  const token = newToken()
  const asked = newProof()
  const { stream, closed, close } = await connection.open(remoteCommand(undefined, asked))
  const chatter = said()
  const complaint = said()
  const marks: Record<'stdout' | 'stderr', Mark[]> = { stdout: [], stderr: [] }
  let answer = ''
  let bytes = 0
  let head = ''
  const split = (name: 'stdout' | 'stderr') => {
    const marked = markedStream(token, {
      onBefore: chatter.push,
      onData: (chunk) => {
        if (name === 'stdout') answer += chunk.toString()
        else complaint.push(chunk)
      },
      onMark: (mark) => {
        marks[name].push(mark)
        if (marks.stdout.some(isLast) && marks.stderr.some(isLast)) finish()
      },
    })
    return (chunk: Buffer): void => {
      if (bytes === 0) head = chunk.toString('latin1', 0, 80)
      bytes += chunk.length
      if (bytes <= maxAnswerBytes) marked.push(chunk)
      else finish()
    }
  }
  let finish: () => void = () => undefined
  const finished = new Promise<undefined>((resolve) => {
    finish = () => {
      resolve(undefined)
    }
  })
  stream.on('data', split('stdout'))
  stream.stderr.on('data', split('stderr'))
  stream.on('error', () => undefined) // 'close' follows
  stream.end(program(token, asked, user))
  const end = await Promise.race([finished, closed])
  close()
  const noLogin = (why: string): Answer => ({ kind: 'no-login', why: `${user} can log in, but not run a command: ${why}` })
  const other = marks.stdout.find(({ word }) => word === 'other')
  if (other) return noLogin(readsInstead(other.values.join(' ')))
  if (bytes > maxAnswerBytes) return noLogin(`it says more than ${maxAnswerBytes / 1024} KiB, which begins with “${plain(head)}”`)
  if (end?.code === undefined && end?.signal === undefined && end)
    return { kind: 'silent', why: 'the guest closed the first command without a word' }
  const [begin, last] = marks.stdout
  if (JSON.stringify(marks.stdout) !== JSON.stringify(marks.stderr) || begin?.word !== 'begin' || last?.word !== 'end') {
    const how = end?.signal === undefined ? `ended with ${end?.code ?? 'no exit code'}` : `was killed by SIG${end.signal}`
    return noLogin(`it ${how} and said ${quoted([...chatter.lines(), ...complaint.lines()])}`)
  }
  const [uid = '', wanted = ''] = begin.values
  if (!/^\d+$/.test(uid) || (wanted !== '' && uid !== wanted)) return noLogin(`it runs as uid ${uid || 'unknown'}, not as uid ${wanted}`)
  const facts = read(answer, Number(uid), chatter.lines())
  return facts === undefined ? noLogin('it tells no boot id') : { kind: 'facts', facts }
}

const isLast = ({ word }: Mark): boolean => word !== 'begin'

const quoted = (lines: readonly string[]): string => (lines.length === 0 ? 'nothing' : `“${lines.slice(-3).join(' ')}”`)

const read = (answer: string, uid: number, chatter: readonly string[]): Facts | undefined => {
  const facts = answer.split('\n').flatMap((line) => {
    const [, key, value] = /^([a-z-]+)=(.*)$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [{ key, value }]
  })
  const of = (key: string): readonly string[] => facts.filter((fact) => fact.key === key).map(({ value }) => value)
  const [bootId = ''] = of('boot-id')
  if (!/^[0-9a-f-]{36}$/.test(bootId)) return undefined
  const has = (name: string): boolean => of(`has-${name}`).length > 0
  return {
    bootId,
    uid,
    os: osFacts(of('os'), of('kernel')[0] ?? ''),
    hasBash: has('bash'),
    hasCloudInit: has('cloud-init'),
    hasJournal: has('journalctl'),
    chatter,
  }
}

// os-release(5): NAME=value, values quoted as in a shell; the first of a name counts (/etc before /usr/lib).
export const osFacts = (release: readonly string[], kernel: string): OsFacts => {
  const values = new Map<string, string>()
  for (const line of release) {
    const [, name, raw] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && raw !== undefined && !values.has(name)) values.set(name, raw.replace(/^(["'])(.*)\1$/, '$2').slice(0, 200))
  }
  const variant = values.get('VARIANT_ID')
  const prettyName = values.get('PRETTY_NAME')
  return {
    id: values.get('ID') ?? 'linux',
    version: values.get('VERSION_ID') ?? '',
    kernel: kernel.slice(0, 200),
    ...(variant === undefined ? {} : { variant }),
    ...(prettyName === undefined ? {} : { prettyName }),
  }
}
