import { literalFinder } from '../lib/literals'
import type { Accelerator, Severity } from '../results'
import { fatal } from './rules/fatal'
import { bootLoader } from './rules/boot-loader'
import { fatalEarly } from './rules/fatal-early'
import { host } from './rules/host'
import { kernel } from './rules/kernel'
import { login } from './rules/login'
import { otherSystems } from './rules/other-systems'
import type { GuestPhase, Rule } from './rules/rule'
import { questions } from './rules/questions'
import { storage } from './rules/storage'
import { system } from './rules/system'
import { units } from './rules/units'
import { warn } from './rules/warn'

export type { GuestPhase, Rule } from './rules/rule'

// Every rule, the first match wins: the host's panics before panics, what is precise before what is general.
export const rules: readonly Rule[] = [
  ...host,
  ...bootLoader,
  ...fatalEarly,
  ...questions,
  ...otherSystems,
  ...fatal,
  ...units,
  ...storage,
  ...login,
  ...system,
  ...kernel,
  ...warn,
]

const byId = new Map(rules.map((rule) => [rule.id, rule]))
export const ruleById = (id: string): Rule | undefined => byId.get(id)

// One pass over a line finds the plain words that rules need: all that most lines cost.
const hints = rules.flatMap(({ hints: words }, index) => words.map((word) => ({ word, index })))
const findHints = literalFinder(hints.map(({ word }) => word))

// The rule that a whole line of a console or a journal starts.
export const ruleOf = (text: string, source: 'console' | 'journal' = 'console'): Rule | undefined => {
  const found = findHints(text)
  if (found.length === 0) return undefined
  const by = source === 'console' ? consoleSender(text) : journalSender(text)
  if (by !== undefined && ofOtherMachines.test(by)) return undefined
  const kernelSaysIt = by === undefined || by === 'kernel'
  const systemSaysIt = by === undefined || (source === 'console' ? bootSenders : systemSenders).test(by)
  const candidates = new Set(found.map((hint) => hints[hint]?.index))
  return rules.find(
    (rule, index) =>
      candidates.has(index) &&
      (rule.by === 'any' ? systemSaysIt || rule.severity !== 'fatal' : rule.by === 'kernel' ? kernelSaysIt : source === 'console') &&
      rule.start.test(text),
  )
}

// The rule that is met by what stands on the last line, which is not finished.
export const ruleOfPrompt = (text: string): Rule | undefined => {
  const found = findHints(text)
  if (found.length === 0) return undefined
  const candidates = new Set(found.map((hint) => hints[hint]?.index))
  return rules.find(({ prompt, start }, index) => prompt === true && candidates.has(index) && start.test(text))
}

// Who may say in a journal that the system does not come up.
const systemSenders = /^(?:kernel|systemd(?:-[\w-]+)?|dracut(?:-[\w-]+)?|initramfs|emergency|rescue)$/
// On a console also what an initramfs runs; there most lines have no sender.
const bootSenders =
  /^(?:kernel|init|systemd(?:-[\w-]+)?|systemctl|dracut(?:-[\w-]+)?|initramfs|emergency|rescue|sulogin|ignition|coreos-[\w-]+|ostree-[\w-]+|mount|fsck|switch_root|cryptsetup|mkosi[\w-]*)$/
// Who passes on what another machine or a container prints of its own boot.
const ofOtherMachines =
  /^(?:systemd-nspawn|systemd-vmspawn|machinectl|podman|docker|dockerd|containerd|conmon|lxc-start|lxd|incusd|qemu[\w-]*|virsh)$/

// Who wrote a line of a journal: anybody may write "Kernel panic" there, and sudo logs the commands of tests.
const journalSender = (text: string): string => /(?:^|\s)([\w.@()-]{1,64})(?:\[\d{1,10}\])?: /.exec(text)?.[1] ?? ''

// A console has the journal's lines with their time and sender among others. Of a crash the kernel tells in the same form.
const consoleSender = (text: string): string | undefined =>
  /^(?:\[[ \d.]{4,20}\] )?(?:\[ *[TC]\d{1,8}\] ?)?([\w.@()-]{1,64})\[\d{1,10}\]: (?!segfault at )/.exec(text)?.[1]

// How bad it is here and now; undefined: not at all.
export const severityOf = (
  { id, by, severity, inPhase, onRealHardware, inInitrd: there }: Rule,
  {
    phase,
    accelerator,
    inInitrd = false,
    ofTest = false,
    severities = {},
  }: {
    readonly phase: GuestPhase
    readonly accelerator: Accelerator['kind']
    readonly inInitrd?: boolean
    readonly ofTest?: boolean // it is about a disk that only a test has
    readonly severities?: Readonly<Record<string, Severity>>
  },
): Severity | undefined => {
  if (by === 'firmware' && phase !== 'booting') return undefined // a running system may print what looks like a boot loader's prompt
  const real = accelerator === 'remote' || accelerator === 'none'
  const here =
    inPhase?.[phase] ??
    (inInitrd && phase === 'booting' ? there : undefined) ??
    (real ? onRealHardware : undefined) ??
    severities[id] ??
    severity
  if (here === 'none') return undefined
  return ofTest && here === 'error' && by === 'kernel' ? 'warn' : here
}

// What a file of a running system is made into; before, a live system's root may be on it.
export const isLoopDevice = (text: string): boolean => /(?:\(|\bdev(?:ice)? )(?:device )?(?:loop|nbd)\d/.test(text)
