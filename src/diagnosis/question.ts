import type { Clock } from '../lib/clock'
import type { Accelerator } from '../results'
import { whenQuiet } from './quiet'
import type { Rule } from './rules'

const patienceMs = { usual: 1500, emulated: 10_000 } // for whatever answers a question of the boot
const goesOn =
  /^\[ {2}OK {2}\]|^\[(?: TIME |FAILED|DEPEND)\]|^ {9}(?:Starting|Mounting) |systemd\[1\]: |mounted filesystem|Mounting V\d|first mount of|set up successfully|unlocked|^Begin: |^BdsDxe: starting |^booting \S{1,40}: \d|Linux version \d/

export interface Asked {
  readonly rule: Rule
  readonly first: string
  readonly line: number
  readonly atMs: number
}

export interface Question {
  readonly rule: Rule | undefined // of what is asked just now
  ask(asked: Asked): void
  hear(text: string): void // a line, which may tell that it was answered
  answered(): void
  giveUp(): void
}

// Something else than a human may answer a question: a key server, a TPM, the next device of the firmware. So it is fatal only when the boot stands
// still with it.
export const createQuestion = (
  { accelerator, clock, lines }: { readonly accelerator: Accelerator['kind']; readonly clock: Clock; readonly lines: () => number },
  unanswered: (asked: Asked) => void,
): Question => {
  const ms = patienceMs[accelerator === 'tcg' ? 'emulated' : 'usual']
  let open: { readonly asked: Asked; readonly wait: AbortController } | undefined
  const answered = (): void => {
    open?.wait.abort()
    open = undefined
  }
  const giveUp = (): void => {
    const asked = open?.asked
    answered()
    if (asked) unanswered(asked)
  }
  return {
    get rule() {
      return open?.asked.rule
    },
    ask(asked) {
      answered()
      open = { asked, wait: whenQuiet({ lines, ms, clock }, giveUp) }
    },
    hear(text) {
      if (open && goesOn.test(text)) answered()
    },
    answered,
    giveUp,
  }
}
