// Whether a machine that can be logged in to is about to end, or to reboot: such a machine is not ready.
import { clean } from '../diagnosis'
import { JobError } from '../errors'
import { systemClock } from '../lib/clock'
import { execute } from './exec'
import type { Connection } from './ssh'

export interface Going {
  readonly how: 'reboot' | 'off' | 'unknown'
  readonly sure: boolean // it was told to; else something is at work that may tell it to
  readonly sign: string
}

// In one round trip, with or without systemd. cloud-init's power_state leaves a process behind that waits for the end of cloud-init and then
// shuts down (cc_power_state_change); brackets keep grep from finding itself.
const script = `
if command -v systemctl >/dev/null 2>&1; then
  [ "$(systemctl is-system-running 2>/dev/null)" = stopping ] && echo state stopping
  systemctl list-jobs --no-legend --no-pager 2>/dev/null | while read -r _ unit _; do
    case $unit in reboot.target|kexec.target|soft-reboot.target|poweroff.target|halt.target) echo "job $unit" ;; esac
  done
fi
[ -r /run/systemd/shutdown/scheduled ] && sed -n 's/^MODE=/scheduled /p' /run/systemd/shutdown/scheduled
[ -n "$(grep -aEls '^([^ ]*/)?shutdow[n].-[rhPH]' /proc/[0-9]*/cmdline 2>/dev/null)" ] && echo process shutdown
[ -n "$(grep -aEls '^[^ ]*/cloud-ini[t].*(final|all-stages)' /proc/[0-9]*/cmdline 2>/dev/null)" ] && echo process cloud-init
exit 0
`
const answerMs = 10_000
const againMs = 1000
const answerBytes = 4096
// What may shut the machine down, but was not seen to, is waited for no longer.
const unsureMs = 20_000

export interface CalmRequest {
  readonly machine: string
  readonly deadlineMs: number // clock time
  readonly slowdown: number
  readonly asked: boolean // the seed's own user-data asks for it
  readonly onWait: (why: string) => void
}

// 'calm', or 'lost' when it went. boot-failed: it powers itself off, or still has not gone at the deadline.
export const awaitCalm = async (connection: Connection, request: CalmRequest, signal: AbortSignal): Promise<'calm' | 'lost'> => {
  const { machine, deadlineMs, slowdown, asked, onWait } = request
  const startMs = systemClock.now()
  for (;;) {
    const answer = await ask(connection, answerMs * slowdown, signal)
    if (answer === undefined) return 'lost'
    const going = goingOf(answer.text) ?? (answer.whole ? undefined : unanswered)
    if (going?.how === 'off') {
      throw new JobError('boot-failed', `the machine powers itself off as soon as it has booted (${going.sign})`, {
        hint: "Something of the first boot asks for it, such as cloud-init's `power_state`: leave it out, or let it reboot instead.",
        machine,
        stage: 'login',
      })
    }
    const unsureUntilMs = Math.min(startMs + unsureMs * slowdown, deadlineMs)
    if (going?.sure !== true && (systemClock.now() >= unsureUntilMs || !(asked || going))) return 'calm'
    onWait(
      going?.sure === true
        ? `the machine is about to reboot (${going.sign})`
        : going === unanswered
          ? 'the machine does not answer whether it is about to reboot'
          : 'user-data or cloud-init may be about to reboot the machine',
    )
    await Promise.race([systemClock.sleep(againMs, signal), connection.lost])
    if (connection.isLost()) return 'lost'
  }
}

// Whoever is about to go may not say so.
const unanswered: Going = { how: 'unknown', sure: false, sign: 'no answer' }

// The surest sign counts. A machine whose state alone is known ends, somehow: its event will tell.
export const goingOf = (answer: string): Going | undefined => {
  const signs = answer
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:state|job|scheduled|process) /.test(line))
  const sign = signs.find((line) => /poweroff|halt/.test(line)) ?? signs.find((line) => line !== 'process cloud-init') ?? signs[0]
  if (sign === undefined) return undefined
  const how = /poweroff|halt/.test(sign) ? 'off' : /reboot|kexec/.test(sign) ? 'reboot' : 'unknown'
  return { how, sure: sign !== 'process cloud-init', sign: clean(sign) }
}

interface Answer {
  readonly text: string
  readonly whole: boolean
}

const ask = async (connection: Connection, timeoutMs: number, signal: AbortSignal): Promise<Answer | undefined> => {
  let answer = ''
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => {
    if (stream === 'stdout' && answer.length < answerBytes) answer += Buffer.from(chunk).toString().slice(0, answerBytes)
  }
  const result = await execute(connection, { script, shell: 'sh {0}', env: {}, timeoutMs, killGraceMs: 1000, onOutput }, signal)
  switch (result.kind) {
    case 'exited':
      return { text: answer, whole: result.code === 0 }
    case 'timed-out':
      return { text: answer, whole: false }
    case 'not-started': // by its time, where nothing runs any more
      return result.durationMs >= timeoutMs ? undefined : { text: answer, whole: false }
    // A system that ends kills the shell of the question too.
    case 'lost':
    case 'signalled':
    case 'unproven':
      return undefined
  }
}

// Whether user-data asks cloud-init for a shutdown at its end: cloud-config in YAML, also within a multipart message.
export const asksForShutdown = (userData: string | undefined): boolean =>
  userData !== undefined && /^["']?power_state["']?\s*:/m.test(userData)
