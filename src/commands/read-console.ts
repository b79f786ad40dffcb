import { consoleReader, isFirmware, type Fatal, type SshView } from '../diagnosis'
import { stages, type JobError, type Stage } from '../errors'
import { judgeFailure, type Sign } from '../guest/judge'
import { bootResets } from '../guest/watch'
import type { Clock } from '../lib/clock'
import { theMachine, type Accelerator, type Finding } from '../results'
import { deadlineError } from '../diagnosis/sentences/deadline'

export interface ConsoleFacts {
  readonly accelerator: Accelerator['kind']
  readonly ssh?: SshView // what the SSH side saw until the deadline
  readonly moving?: boolean // the console printed until the deadline
}

// What a run would have made of a console.
export interface ConsoleReading {
  readonly stage: Stage // the last that was reached
  readonly findings: readonly Finding[]
  readonly ended: { readonly line: number; readonly rule: string } | 'deadline' // where a boot would have ended at once
  readonly healthy: boolean // the system came up, as far as a console tells
  readonly verdict: JobError['outcome'] | undefined // none for a healthy one
  readonly sentence: string
  readonly hint: string
  readonly excerpt: string
}

const machine = theMachine
const standing: Clock = { now: () => 0, sleep: () => new Promise(() => undefined) }
const explains = 60 // lines, that a console may go on to explain what ended it

// Reads the text of a console as a run does: line by line, what has no line end as a prompt. Needs no machine and waits for nothing.
export const readConsole = (text: string, { accelerator, ssh, moving = false }: ConsoleFacts): ConsoleReading => {
  let fatal: Fatal | undefined
  let resets = 0
  const { diagnosis, feed } = consoleReader({
    machine,
    accelerator,
    policy: { failOn: 'default', ignore: [], require: [] },
    clock: standing,
    onFatal: (found) => {
      fatal ??= found
    },
  })
  const lines = text.split(/(?<=\n)/)
  let read = 0
  for (const [index, line] of lines.entries()) {
    read = index + 1
    const known: Fatal | undefined = fatal
    if (known !== undefined && index >= known.line - 1 + explains) break
    if (isFirmware(line) && isUp(diagnosis.stage, 'kernel')) {
      resets += 1 // the console of a report goes on over reboots
      if (resets > bootResets) break
      diagnosis.restart()
    }
    feed(Buffer.from(line), index)
  }
  if (ssh && ssh.banners > 0) diagnosis.reach('sshd', lines.length)
  diagnosis.flush()
  const end: Fatal | undefined = fatal
  const { stage, findings } = diagnosis
  const up = isUp(stage, 'sshd') && ssh === undefined && !moving && findings.every(({ severity }) => severity !== 'fatal')
  const looped = resets > bootResets
  const sign: Sign | undefined = end ? { kind: 'finding' } : looped ? { kind: 'reset', atMs: read, by: 'guest' } : undefined
  const error =
    sign !== undefined
      ? judgeFailure(sign, { machine, runBy: 'what runs it', phase: 'booting', resets, stage, findings, tail: diagnosis.recent() })
      : deadlineError({
          ...{ machine, diagnosis, booting: true, waitedMs: undefined, moving, accelerator, chosen: true },
          ...(ssh ? { ssh } : {}),
        })
  const healthy = sign === undefined && up
  return {
    stage,
    findings,
    ended: end ? { line: end.line, rule: end.rule } : looped ? { line: read, rule: 'reset' } : 'deadline',
    healthy,
    verdict: healthy ? undefined : error.outcome,
    sentence: healthy ? `the system came up (${stage})` : error.message,
    hint: healthy ? '' : error.hint,
    excerpt: healthy ? '' : (error.excerpt ?? ''),
  }
}

const isUp = (stage: Stage, from: Stage): boolean => stages.indexOf(stage) >= stages.indexOf(from)
