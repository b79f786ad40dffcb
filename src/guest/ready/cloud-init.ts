import { clean, type Reported } from '../../diagnosis'
import { systemClock } from '../../lib/clock'
import { execute } from '../command/exec'
import { plain } from '../command/said'
import type { Connection } from '../ssh'

// What cloud-init said of the first boot, where that deserves a finding.
export type CloudInitVerdict = Reported & { readonly rule: 'cloud-init-error' | 'cloud-init-degraded' | 'cloud-init-unfinished' }

const hint = 'Run `cloud-init status --long` and read /var/log/cloud-init.log in the image.'

// Waits for the end of cloud-init's first boot. undefined: all well, or cloud-init is disabled; 'lost': the connection went meanwhile.
// Judged by the JSON status: the exit code for recoverable errors differs between distributions (2 upstream since 23.4, 0 in others).
export const awaitCloudInit = async (
  connection: Connection,
  uid: number,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<CloudInitVerdict | undefined | 'lost'> => {
  const stdout: Buffer[] = []
  let bytes = 0
  const result = await execute(
    connection,
    {
      uid,
      script: 'cloud-init status --wait --format json 2>/dev/null',
      shell: 'sh {0}',
      env: {},
      timeoutMs: Math.max(deadlineMs - systemClock.now(), 0),
      killGraceMs: 1000,
      onOutput: (stream, chunk) => {
        if (stream === 'stdout' && (bytes += chunk.length) <= maxStatusBytes) stdout.push(Buffer.from(chunk))
      },
    },
    signal,
  )
  if (result.kind === 'lost' || result.kind === 'signalled' || result.kind === 'unproven') return 'lost'
  if (result.kind === 'timed-out' || systemClock.now() >= deadlineMs) {
    const summary = 'cloud-init did not finish before the boot deadline'
    return { rule: 'cloud-init-unfinished', severity: 'error', summary, hint, block: summary }
  }
  if (result.kind === 'not-started') return unknown(`cloud-init could not be asked: ${result.cause}`)
  if (bytes > maxStatusBytes) return unknown(`cloud-init status gave more than ${maxStatusBytes / 1024} KiB; its result is unknown`)
  return judgeCloudInit(Buffer.concat(stdout).toString())
}

const maxStatusBytes = 64 * 1024

const unknown = (summary: string): CloudInitVerdict => ({ rule: 'cloud-init-error', severity: 'warn', summary, hint, block: summary })

interface Status {
  readonly status?: unknown
  readonly extended_status?: unknown
  readonly errors?: unknown
  readonly recoverable_errors?: object | null
}

// What the JSON of `cloud-init status` says.
export const judgeCloudInit = (json: string): CloudInitVerdict | undefined => {
  const status = parse(json)
  if (status === undefined) return unknown('cloud-init status --format json gave no JSON (older than 22.4?); its result is unknown')
  const errors = texts(status.errors)
  const extended = typeof status.extended_status === 'string' ? status.extended_status : ''
  if (status.status === 'error' || errors.length > 0) {
    return {
      rule: 'cloud-init-error',
      severity: 'error',
      summary: because('cloud-init ended with an error', errors),
      hint,
      block: ['cloud-init status: error', ...errors].join('\n'),
    }
  }
  const recoverable = Object.entries(status.recoverable_errors ?? {}).flatMap(([level, found]) =>
    texts(found).map((text) => `${level}: ${text}`),
  )
  const serious = recoverable.filter((text) => !/^(DEPRECATED|INFO)/.test(text))
  if (serious.length > 0 || extended.startsWith('degraded')) {
    return {
      rule: 'cloud-init-degraded',
      severity: 'warn',
      summary: because('cloud-init is done, but recovered from an error', serious),
      hint,
      block: [`cloud-init status: ${extended || 'degraded'}`, ...recoverable].join('\n'),
    }
  }
  if (!ended.has(status.status))
    return unknown(`cloud-init does not say that it is done: its status is ${plain(JSON.stringify(status.status ?? ''))}`)
  return undefined
}

const ended: ReadonlySet<unknown> = new Set(['done', 'degraded done', 'disabled'])

// What is there in place of a list of texts is one too: it was to be told.
const texts = (found: unknown): readonly string[] =>
  found === undefined || found === null
    ? []
    : [found].flat().map((text: unknown) => (typeof text === 'string' ? text : JSON.stringify(text)))

const because = (what: string, [first]: readonly string[]): string => (first === undefined ? what : `${what}: ${clean(first)}`)

const parse = (json: string): Status | undefined => {
  try {
    const value: unknown = JSON.parse(json.trim().replace(/^\.+/, ''))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
