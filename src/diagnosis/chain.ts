import type { Accelerator, Finding, Severity } from '../results'
import type { Block } from './block'
import { ruleById, type Rule } from './rules'
import { causeWords, toldBy } from './summary'

type Found = Omit<Finding, 'gating'>

export interface ChainOptions {
  readonly accelerator: Accelerator['kind']
  readonly kernelSpoke: () => boolean // so that no firmware and no boot loader failed for good
  readonly ignored: (block: string) => string | undefined
  readonly add: (rule: string, severity: Severity, found: () => Found, own?: () => string) => Finding | undefined
}

interface Held {
  readonly rule: Rule
  readonly severity: Severity
  found: Found
  readonly unasked?: true // a question that was answered: no finding, unless the boot ends all the same
}

const maxHeld = 50
const maxBlockBytes = 16 * 1024

// What follows from what while a system comes up: a cause, a mount that fails, what depends on it, and an emergency shell are one finding, told
// in the words of the first. Causes wait for the end that they lead to; what waits in vain is told when the system is up, or when asked for.
export const createChain = ({ accelerator, kernelSpoke, ignored, add }: ChainOptions) => {
  let held: Held[] = []
  let failed = false // something failed in this boot, so what follows from it is nothing new
  let ended = false // this boot has come to its end, and was told so

  const deepest = (end: Rule): Held | undefined =>
    held
      .filter(({ rule }) => depthOf(rule) > Math.max(end.leads ?? 0, serviceDepth))
      .reduce<Held | undefined>((best, next) => (best === undefined || depthOf(next.rule) > depthOf(best.rule) ? next : best), undefined)

  const release = (): void => {
    const waiting = held
    held = []
    for (const { rule, severity, found, unasked } of waiting) {
      const passed = rule.by === 'firmware' && severity === 'error' && kernelSpoke()
      const told = passed ? 'warn' : accelerator === 'tcg' && rule.guestTimeout ? 'suspect-host' : severity
      if (unasked !== true)
        add(rule.id, told, () => ({
          ...found,
          severity: told,
          ...(told === 'suspect-host' && told !== severity ? { timeout: timeoutOf({ rule, found }) } : {}),
        }))
    }
  }

  const end = (block: Block, found: () => Found, own: () => string): Finding | undefined => {
    const cause = deepest(block.rule)
    const whole = (): Found => (cause === undefined ? found() : withCause(found(), cause, block))
    const slow = accelerator === 'tcg' && (cause?.rule ?? block.rule).guestTimeout === true
    const finding = add(
      block.rule.id,
      slow ? 'suspect-host' : block.severity,
      () =>
        slow
          ? { ...whole(), severity: 'suspect-host', hostCaused: true, timeout: timeoutOf(cause ?? { rule: block.rule, found: found() }) }
          : whole(),
      () => (cause === undefined ? own() : `${cause.found.block}\n${own()}`),
    )
    if (finding?.ignored !== undefined) return finding
    // What led nowhere is told for itself, and what fails a job whatever it led to.
    held = held.filter((one) => one !== cause && (depthOf(one.rule) <= serviceDepth || one.rule.gates === true))
    release()
    ended = true
    return finding
  }

  return {
    // Takes a finding of a system that comes up; answers it when it is told at once. own: of an end, what the job's patterns may excuse it by.
    tell(block: Block, found: () => Found, own: () => string): Finding | undefined {
      const { rule, severity, deadly } = block
      if (ended && severity !== 'warn') return undefined
      if (deadly) return end(block, found, own)
      const last = held.at(-1)
      if (rule.follows && failed) {
        if (last) last.found = { ...last.found, block: bounded(`${last.found.block}\n${block.text()}`, last.found.block) }
        return undefined
      }
      failed ||= severity === 'error'
      if (rule.leads === undefined) return add(rule.id, severity, found)
      const one = { rule, severity, found: found() }
      if (held.length >= maxHeld || ignored(one.found.block) !== undefined) return add(rule.id, severity, () => one.found)
      held.push(one)
      return undefined
    },
    // A question that may yet be answered.
    asked(rule: Rule, found: Found): void {
      held = [...held.filter((one) => one.unasked !== true), { rule, severity: 'fatal', found, unasked: true }]
    },
    hasEnded: (): boolean => ended,
    release,
    restart(): void {
      release()
      failed = false
      ended = false
    },
  }
}

const timeoutOf = ({ rule, found }: Pick<Held, 'rule' | 'found'>): string => causeWords(rule, found.block)

const serviceDepth = 1
const depthOf = ({ leads = 0 }: Rule): number => leads

const withCause = (end: Found, { rule, found }: Held, block: Block): Found => ({
  ...end,
  summary: summaryWith(block, rule, found),
  hint: (rule.by === 'firmware' && rule.severity === 'warn' ? end.hint : found.hint) ?? '',
  block: joined(rule, found.block, end.block, block.first),
})

const summaryWith = (end: Block, rule: Rule, { block, summary = '' }: Found): string => {
  const told = toldBy(end.rule, end.first)
  const why = causeWords(rule, block)
  const voice = rule.voice ? /, after (“[^”]*”)$/.exec(summary)?.[1] : undefined
  return told.includes(why) ? told : `${told}, after “${why}”${voice === undefined ? '' : ` (${voice})`}`
}

// From the cause on; what stands between it and the end is left out unless it is near.
const joined = (rule: Rule, cause: string, end: string, first: string): string => {
  const led = cause.split('\n')
  const at = led.findIndex((line) => rule.start.test(line))
  const lines = end.split('\n')
  const from = lines.indexOf(led[at] ?? cause)
  if (from !== -1) return bounded([...led.slice(0, Math.max(at, 0)), ...lines.slice(from)].join('\n'), lines.slice(from).join('\n'))
  return bounded([cause, '…', ...lines.slice(Math.max(lines.indexOf(first), 0))].join('\n'), end)
}

const bounded = (text: string, otherwise: string): string => (Buffer.byteLength(text) > maxBlockBytes ? otherwise : text)

// How near to the first cause a finding is; undefined when it causes nothing.
export const depthOfFinding = ({ rule }: Pick<Finding, 'rule'>): number | undefined => ruleById(rule)?.leads
