import type { Finding, Severity } from '../results'
import type { Block } from './block'
import type { Judge } from './policy'
import { ruleById } from './rules'
import { bareMessage } from './same'
import { clean, hintOf, summaryOf } from './summary'

const maxOfOneKind = 20
const maxJudged = 2000 // of one kind; a flood beyond that is only counted

interface Kind {
  kept: number
  judged: number
  more: number // beyond what was kept
  last?: Finding
}

// Findings in the order they came: twenty of one kind; sumUp adds one that tells how many more there were.
export const findingList = ({ ignored, gates, ignoresAny }: Judge, onFinding: ((finding: Finding) => void) | undefined) => {
  const findings: Finding[] = []
  const kinds = new Map<string, Kind>()
  const kindOf = (key: string): Kind => {
    const kind = kinds.get(key) ?? { kept: 0, judged: 0, more: 0 }
    kinds.set(key, kind)
    return kind
  }
  const keep = (finding: Finding): void => {
    findings.push(finding)
    onFinding?.(finding)
  }
  const judge = (finding: Finding, text: string): Finding => {
    const reason = ignoresAny ? ignored(text) : undefined
    return reason === undefined ? { ...finding, gating: gates(finding.severity, finding.rule) } : { ...finding, ignored: reason }
  }
  return {
    // `found` is asked for only when it is needed; judged: what of its block the job's patterns may excuse it by. undefined: there were too many of
    // its kind to look at each.
    add: (rule: string, severity: Severity, found: () => Omit<Finding, 'gating'>, judged?: () => string): Finding | undefined => {
      const kind = kindOf(`${rule} ${severity}`)
      kind.judged += 1
      if (kind.kept >= maxOfOneKind && (!ignoresAny || kind.judged > maxJudged)) {
        kind.more += 1
        return undefined
      }
      const one = { ...found(), gating: false }
      const finding = judge(one, judged?.() ?? one.block)
      const own = finding.ignored === undefined ? kind : kindOf(`${rule} ${severity} ignored`)
      if (own.kept >= maxOfOneKind) {
        own.more += 1
        own.last = finding
        return finding
      }
      own.kept += 1
      own.last = finding
      keep(finding)
      return finding
    },
    sumUp(): void {
      for (const kind of kinds.values()) {
        if (kind.more === 0 || !kind.last) continue
        const { summary = kind.last.rule } = kind.last
        keep({
          ...kind.last,
          summary: `${summary}, and ${kind.more} more of this kind`,
          block: `${kind.last.block}\n… and ${kind.more} more`,
        })
        kind.more = 0
      }
    },
    findings: (): readonly Finding[] => findings,
  }
}

export const toFinding = (
  block: Block,
  { machine, source, unfinished }: { machine: string; source: Finding['source']; unfinished: string },
): Omit<Finding, 'gating'> => {
  const { rule, severity, stage, test, atMs, line, first, voice } = block
  const text = block.text(unfinished)
  return {
    ...{ rule: rule.id, severity, machine, source, stage, atMs, line, block: text },
    ...(test === undefined ? {} : { test }),
    summary: `${summaryOf(rule, first, text)}${voice === undefined ? '' : `, after “${clean(voice.says)}”`}`,
    hint: hintOf(rule, text, stage),
    ...(rule.hostCaused && severity === 'suspect-host' ? { hostCaused: true } : {}),
  }
}

// What is not yet said on the console, or not as gravely: the kernel and systemd write to both.
export const withoutRepeats = (console: readonly Finding[], journal: readonly Finding[]): Finding[] => {
  const keyOf = (finding: Finding): string => `${finding.rule} ${mainMessage(finding)}`
  const said = new Set(console.map(keyOf))
  const judged = new Set(console.filter(({ gating, ignored }) => gating || ignored !== undefined).map(keyOf))
  return journal.filter((finding) => !(finding.gating ? judged : said).has(keyOf(finding)))
}

const mainMessage = ({ rule, block }: Finding): string => {
  const lines = block.split('\n')
  return bareMessage(lines.find((line) => ruleById(rule)?.start.test(line)) ?? lines[0] ?? '')
}
