import type { FindingsPolicy, PatternRule } from '../config/job'
import type { Stage } from '../errors'
import { systemClock, type Clock } from '../lib/clock'
import type { Line } from '../lib/lines'
import type { Accelerator, Finding, Severity } from '../results'
import { openBlock, type Block } from './block'
import { createChain } from './chain'
import { containerReader } from './containers'
import { findingList, toFinding } from './finding-list'
import { createNotes, type Notes } from './notes'
import { judgeFinding } from './policy'
import { createQuestion } from './question'
import { whenQuiet } from './quiet'
import { isLoopDevice, ruleOf, ruleOfPrompt, severityOf, type GuestPhase, type Rule } from './rules'
import { isLater, stageReader } from './stages'

export interface DiagnosisOptions {
  readonly machine: string
  readonly source: Finding['source']
  readonly policy: FindingsPolicy
  readonly accelerator: Accelerator['kind']
  readonly severities?: Readonly<Record<string, Severity>> // by rule, in place of its own: selinux-denied is an error for the check `selinux`
  readonly onStage?: (stage: Stage, atMs: number) => void
  readonly onFatal?: (fatal: Fatal) => void
  readonly onFinding?: (finding: Finding) => void
  readonly clock?: Clock
}

// The news that a machine is dead, told with the first line of the block; its finding follows when the block is whole.
export interface Fatal {
  readonly rule: string
  readonly text: string
  readonly line: number
  readonly atMs: number
  readonly hostCaused: boolean // the host's fault: an infra-error, to be tried again on a fresh machine
}

// A finding of somebody else's.
export type Reported = Pick<Finding, 'rule' | 'severity' | 'block'> & Required<Pick<Finding, 'summary' | 'hint'>>

export interface Diagnosis {
  push(line: Line): void
  prompt(text: string, atMs: number): void // what stands on the last line, not finished: `grub>`, `login:`; as often as it may have changed
  setTest(id: string | undefined): void
  setPhase(phase: GuestPhase): void
  reach(stage: Stage, atMs: number): void // what is known from elsewhere: a banner, a login, the end of cloud-init
  report(found: Reported, atMs: number): void
  restart(): void // the machine was reset: stages begin anew, findings stay
  flush(): void // ends every open block now, and sums up what was too much to tell one by one
  unmet(): readonly PatternRule[] // what the policy requires and did not appear
  recent(count?: number): string // the console's last lines, the unfinished one included
  readonly stage: Stage // firmware until something tells otherwise
  readonly findings: readonly Finding[]
  readonly notes: Notes
  readonly resets: { readonly count: number; readonly after: string } // while it came up; what the console said last before
  readonly complaints: readonly string[] // patterns of the policy that were left out because they took too long
}

const keptLines = 30
const cutColours = /\[\d{1,3}(?:;\d{1,3}){0,4}m/g // systemd cuts long names, and sometimes an escape sequence with them
const quietMs = 300 // a block is whole when nothing came for so long

// Reads one machine's console or journal: what stage it reached, and what it says went wrong. config-error for a bad pattern of the policy.
export const createDiagnosis = (options: DiagnosisOptions): Diagnosis => {
  const { machine, source, accelerator, clock = systemClock } = options
  const policy = judgeFinding(options.policy)
  const stages = stageReader()
  const list = findingList(policy, options.onFinding)
  const chain = createChain({ accelerator, kernelSpoke: () => !isLater('kernel', stages.stage), ignored: policy.ignored, add: list.add })
  const notes = createNotes()
  let before: string[] = []
  let open: { readonly block: Block; told: boolean }[] = [] // the innermost last; at most a kernel's report and what interrupts it
  let phase: GuestPhase = 'booting'
  let test: string | undefined
  let lastLine = 0
  let lastPrompt = ''
  let stale = '' // what stood on the unfinished line when the machine was reset
  let lines = 0 // seen, to tell whether it was quiet
  let timer: AbortController | undefined
  let triesWithout = false
  let resets = { count: 0, after: '' }
  const containers = containerReader()
  const question = createQuestion({ accelerator, clock, lines: () => lines }, ({ rule, first, line, atMs }) => {
    begin(rule, 'fatal', true, first, line, atMs)
  })

  const remember = (text: string): void => {
    if (text.trim() === '') return
    before.push(text)
    if (before.length > keptLines * 2) before = before.slice(-keptLines)
  }

  const announce = ({ block }: { block: Block }): void => {
    const { rule, first, line, atMs } = block
    options.onFatal?.({ rule: rule.id, text: first, line, atMs, hostCaused: rule.hostCaused === true && block.severity !== 'fatal' })
  }

  const tell = (entry: (typeof open)[number]): void => {
    if (entry.told) return
    entry.told = true
    const { rule, severity } = entry.block
    const found = () => toFinding(entry.block, { machine, source, unfinished: lastPrompt })
    // What only stands before the end of a machine, such as a unit whose failure is known, excuses none.
    const own = () => entry.block.own(lastPrompt)
    const finding =
      phase === 'booting' || (phase === 'stopping' && chain.hasEnded())
        ? chain.tell(entry.block, found, own)
        : list.add(rule.id, severity, found, entry.block.deadly ? own : undefined)
    // With patterns to ignore, only the whole block tells whether it counts.
    if (entry.block.deadly && policy.ignoresAny && finding && finding.ignored === undefined) announce(entry)
  }

  const tellAll = (): void => {
    open.forEach(tell)
    open = open.filter(({ block }) => !block.ended)
  }

  const blockOf = (rule: Rule, severity: Severity, deadly: boolean, first: string, line: number, atMs: number): Block =>
    openBlock({
      ...{ rule, severity, deadly, first, line, atMs, test },
      stage: stages.stage ?? 'firmware',
      before: deadly || rule.before || rule.voice ? before.slice(-keptLines) : [],
    })

  // What interrupts a kernel's report is put upon it; everything else takes its place.
  const begin = (rule: Rule, severity: Severity, deadly: boolean, first: string, line: number, atMs: number): void => {
    const block = blockOf(rule, severity, deadly, first, line, atMs)
    const entry = { block, told: false }
    const under = open.at(-1)
    if (under && (deadly || rule.trace || !under.block.rule.trace)) close()
    open.push(entry)
    if (deadly && !policy.ignoresAny) announce(entry)
    if (block.ended) closeLast()
    else watch()
  }

  const closeLast = (): void => {
    const entry = open.pop()
    if (entry) tell(entry)
  }

  const close = (): void => {
    while (open.length > 0) closeLast()
    timer?.abort()
    timer = undefined
  }

  // Tells open blocks once the console is quiet; they stay open, so that a late rest does not become findings of its own.
  const watch = (): void => {
    timer ??= whenQuiet({ lines: () => lines, ms: quietMs, clock }, () => {
      timer = undefined
      tellAll()
    })
  }

  const take = (text: string, rule: Rule | undefined): boolean => {
    for (let entry = open.at(-1); entry; entry = open.at(-1)) {
      if (entry.block.take(text, rule)) {
        if (entry.block.ended) closeLast()
        return true
      }
      if (entry.block.rule.trace && rule && !rule.trace) return false // interrupted, goes on later
      closeLast()
    }
    return false
  }

  const ask = (rule: Rule, first: string, line: number, atMs: number): void => {
    const block = blockOf(rule, 'fatal', true, first, line, atMs)
    chain.asked(rule, toFinding(block, { machine, source, unfinished: '' }))
    question.ask({ rule, first, line, atMs })
  }

  const look = (text: string, line: number, atMs: number, rule: Rule | undefined): void => {
    const isUp = phase !== 'booting' || !isLater('sshd', stages.stage)
    const severity =
      rule &&
      severityOf(rule, {
        ...{ phase, accelerator, inInitrd: stages.inInitrd, ofTest: isUp && isLoopDevice(text) },
        severities: options.severities ?? {},
      })
    // Ubuntu's GRUB tries a boot without initramfs first, and takes the panic of that for an answer.
    if (rule?.id === 'kernel-panic' && triesWithout && !text.includes('init!')) return
    const deadly = severity === 'fatal' || (severity !== undefined && rule?.hostCaused === true)
    const rising = deadly && !rule?.patient && open.every(({ block, told }) => !block.deadly || (told && block.rule !== rule))
    if (open.length > 0 && !rising && take(text, severity === undefined ? undefined : rule)) return
    if (rule?.patient && severity === 'fatal' && phase === 'booting') ask(rule, text, line, atMs)
    else if (rule && severity) begin(rule, severity, deadly, text, line, atMs)
  }

  const read = (text: string, atMs: number): void => {
    if (source === 'console') stages.read(text).forEach((stage) => options.onStage?.(stage, atMs))
  }

  const fresh = (whole: string): string => {
    const text = stale !== '' && whole.startsWith(stale) ? whole.slice(stale.length) : whole
    return text.includes('[0') ? text.replace(cutColours, '') : text
  }

  return {
    push({ text: whole, line, atMs }) {
      const text = fresh(whole)
      stale = ''
      lines += 1
      lastLine = line
      lastPrompt = ''
      policy.see(text)
      if (source === 'console' && containers.speaks(text)) {
        remember(text)
        return
      }
      read(text, atMs)
      if (phase === 'booting' && source === 'console') notes.read(text, atMs)
      triesWithout ||= text.includes('attempting initrdless boot')
      question.hear(text)
      const rule = ruleOf(text, source)
      if (rule || open.length > 0) look(text, line, atMs, rule)
      remember(text)
    },
    prompt(whole, atMs) {
      const text = fresh(whole)
      if (text === lastPrompt) return
      lastPrompt = text
      if (phase === 'booting' && source === 'console') notes.read(text, atMs)
      if (text.includes('login: ')) read(text, atMs) // of what is not finished, only a prompt says what it seems to say
      const rule = ruleOfPrompt(text)
      if (rule && source === 'console') read(text, atMs)
      if (rule && rule !== question.rule && open.every(({ block }) => !block.deadly)) look(text, lastLine + 1, atMs, rule)
    },
    setTest(id) {
      test = id
    },
    setPhase(next) {
      if (next === phase) return
      question.answered()
      close()
      // What a boot that failed still prints while its machine is ended belongs to its end.
      if (!(next === 'stopping' && chain.hasEnded())) chain.restart()
      phase = next
    },
    reach(stage, atMs) {
      if (stages.reach(stage).length > 0) options.onStage?.(stage, atMs)
    },
    report(found, atMs) {
      list.add(found.rule, found.severity, () => ({
        ...{ ...found, machine, source, atMs, line: lastLine },
        stage: stages.stage ?? 'firmware',
        ...(test === undefined ? {} : { test }),
      }))
    },
    restart() {
      question.answered()
      close()
      resets = { count: resets.count + 1, after: before.at(-1) ?? '' }
      triesWithout = false
      chain.restart()
      notes.restart()
      stages.restart()
      containers.restart()
      before = []
      stale = lastPrompt
      lastPrompt = ''
    },
    flush() {
      question.giveUp()
      close()
      chain.release()
      list.sumUp()
    },
    unmet: policy.unmet,
    recent: (count = 20) => [...before, ...(lastPrompt.trim() === '' ? [] : [lastPrompt])].slice(-count).join('\n'),
    get stage() {
      return stages.stage ?? 'firmware'
    },
    get findings() {
      return list.findings()
    },
    notes,
    get resets() {
      return resets
    },
    complaints: policy.complaints,
  }
}
