import type { Stage } from '../../errors'
import type { Accelerator, Finding } from '../../results'
import { depthOfFinding } from '../chain'
import { ruleById } from '../rules'
import { depth } from '../rules/rule'
import type { Notes } from '../notes'
import { byStage, byWords, hintOfJob, nothing, silentSsh, sshSituation, type Situation, type SshView } from './situations'
import { isLater } from '../stages'
import { clean } from './summary'

export type { SshView } from './situations'

export interface Explanation {
  readonly message: string // one sentence, without its full stop
  readonly hint: string // what to do
  readonly excerpt: string // guest bytes
  readonly cause: Finding | undefined
}

export interface Deadline {
  readonly stage: Stage
  readonly findings: readonly Finding[]
  readonly lastLines: readonly string[]
  readonly waitedMs: number | undefined // undefined: not known
  readonly notes?: Pick<Notes, 'lastUnit' | 'waitsFor' | 'cardDown' | 'work'>
  readonly moving?: boolean // the boot got on until the end
  readonly accelerator?: Accelerator['kind']
  readonly resets?: { readonly count: number; readonly after: string }
  readonly ssh?: SshView
}

const excerptLines = 20

// Why a machine did not become ready in time, in the words of its last stage, of what SSH saw and of what the console complained about.
export const explainDeadline = (deadline: Deadline): Explanation => {
  const { findings, stage, notes, waitedMs, resets } = deadline
  const cause = causeOf(findings, stage) ?? hostIn(deadline)
  const { saw, hint } = situation(deadline, cause)
  const message = [
    `not ready ${waitedMs === undefined ? 'in time' : `after ${seconds(waitedMs)}`}: ${saw}`,
    ...(notes?.waitsFor === undefined ? [] : [`systemd was waiting for “${notes.waitsFor}”`]),
    ...(resets === undefined || resets.count === 0 ? [] : [rebooted(resets)]),
    ...(cause?.summary === undefined ? [] : [`before that, ${cause.summary}`]),
  ].join('; ')
  const decides =
    cause !== undefined &&
    !goesOn(deadline, cause) &&
    (endsMachine(cause) ||
      isService(cause) ||
      (depthOfFinding(cause) ?? 0) >= depth.disk ||
      (cause.hint !== ruleById(cause.rule)?.todo && (deadline.ssh?.banners ?? 0) === 0) ||
      isLater('network', stage))
  return { message, hint: decides ? (cause.hint ?? hint) : hint, excerpt: excerptOf(deadline, cause), cause }
}

const rebooted = ({ count, after }: { readonly count: number; readonly after: string }): string =>
  `the machine had rebooted itself ${count === 1 ? 'once' : `${count} times`}${after === '' ? '' : `, after “${clean(after)}”`}`

const excerptOf = ({ lastLines, resets }: Deadline, cause: Finding | undefined): string => {
  const lines = lastLines.filter((line) => line.trim() !== '').slice(-excerptLines)
  if (cause === undefined) return [...(resets && resets.count > 0 && resets.after !== '' ? [resets.after, '…'] : []), ...lines].join('\n')
  const from = lines.lastIndexOf(cause.block.split('\n')[0] ?? '')
  return from === -1 ? [cause.block, '…', ...lines].join('\n') : lines.slice(from).join('\n')
}

// The finding that explains best why a machine died or stands still: the last that ended it, else of those that keep a machine from becoming
// ready the one nearest to the first cause; of a system that was up, what kept others from logging in.
export const causeOf = (findings: readonly Finding[], stage: Stage = 'firmware'): Finding | undefined => {
  const counted = findings.filter(({ ignored }) => ignored === undefined)
  const causes = counted.filter((finding) => depthOfFinding(finding) !== undefined)
  const services = isLater('network', stage) ? undefined : causes.find(isService)
  return counted.findLast(endsMachine) ?? services ?? deepest(causes)
}

// A CPU that does not run is nothing usual under KVM; under emulation it counts when the boot stood still with it.
const hostIn = ({ accelerator, findings, lastLines, moving }: Deadline): Finding | undefined => {
  const stood = findings.filter(({ severity, ignored }) => severity === 'suspect-host' && ignored === undefined)
  if (accelerator === 'kvm') return stood[0]
  return moving === true ? undefined : stood.find(({ block }) => lastLines.slice(-excerptLines).includes(block.split('\n')[0] ?? ''))
}

const deepest = (causes: readonly Finding[]): Finding | undefined =>
  causes.reduce<Finding | undefined>(
    (best, next) => (best === undefined || (depthOfFinding(next) ?? 0) > (depthOfFinding(best) ?? 0) ? next : best),
    undefined,
  )

const isService = (finding: Finding): boolean => depthOfFinding(finding) === depth.service
const endsMachine = ({ severity, hostCaused }: Finding): boolean => severity === 'fatal' || hostCaused === true

const goesOn = ({ moving, notes, ssh, stage, resets }: Deadline, cause: Finding | undefined): boolean =>
  (resets?.count ?? 0) < loops &&
  !(cause && isService(cause)) &&
  ((moving === true && notes?.waitsFor === undefined) || notes?.work !== undefined) &&
  !isLater('kernel', stage) &&
  (ssh === undefined || ssh.hostKeyMismatches === 0)

const situation = (deadline: Deadline, cause: Finding | undefined): Situation => {
  const { stage, ssh, lastLines, notes } = deadline
  const early = isLater('network', stage)
  if (goesOn(deadline, cause)) return stillBooting(deadline)
  if ((deadline.resets?.count ?? 0) >= loops) return again(stage)
  if (notes?.waitsFor !== undefined && (ssh?.hostKeyMismatches ?? 0) === 0)
    return { saw: `the last stage was ${stage}`, hint: hintOfJob(notes.waitsFor) }
  if (ssh && ssh.banners > 0) return sshSituation(ssh)
  if (stage === 'firmware' && lastLines.every((line) => line.trim() === '')) return nothing
  if (notes?.cardDown !== undefined) return noAddress(notes.cardDown)
  const words = byWords(stage, lastLines)
  if (words) return words
  if (ssh && !early && ssh.silent > 0) return { ...silentSsh, saw: `the last stage was ${stage}; ${silentSsh.saw}` }
  return byStage[stage]
}

const loops = 2 // reboots, of which a first boot may need one

const again = (stage: Stage): Situation => ({
  saw: `the last stage was ${stage}`,
  hint: 'Look for what asks for a reboot, above each restart in the console.',
})

const stillBooting = ({ stage, ssh, notes, accelerator }: Deadline): Situation => {
  const slowly = accelerator === 'tcg' ? ', slowly, under emulation' : ''
  const refused = [...new Set(ssh?.loginsRefused)].join(', ')
  return {
    saw: [
      notes?.work === undefined
        ? `still booting when the time was up${slowly}: the last stage was ${stage}`
        : `the image was still ${notes.work.what} when the time was up${slowly}`,
      ...(notes?.lastUnit === undefined ? [] : [`the last unit was “${notes.lastUnit}”`]),
      ...(refused === '' ? [] : [`the login of ${refused} was refused so far`]),
    ].join(', '),
    hint: `It was getting on: give it a longer \`boot-timeout\`${accelerator === 'tcg' ? ', or a host with KVM, as emulation is many times slower' : ''}.`,
  }
}

const noAddress = (card: string): Situation => ({
  saw: `the network card ${card} has no address`,
  hint: 'Check that the network is configured for any interface by DHCP (NetworkManager, systemd-networkd, netplan), not for the name or the hardware address of one card, and that the kernel has virtio_net.',
})

const seconds = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)
