// Whose fault a sign of failure is, in which words. Pure.
import { causeOf } from '../diagnosis'
import { JobError, type Stage } from '../errors'
import type { MachineEvent } from '../machines/provider'
import type { Finding } from '../results'

export type MachinePhase = 'booting' | 'running' | 'rebooting' | 'ending'

// An event of the machine, or a finding on its console that nothing survives.
export type Sign = MachineEvent | { readonly kind: 'finding' }

export interface LostSituation {
  readonly machine: string
  readonly runBy: string // what runs it, as messages name it
  readonly phase: MachinePhase
  readonly resets: number
  readonly stage: Stage
  readonly findings: readonly Finding[]
  readonly tail: string // the console's last lines
}

export const judgeFailure = (sign: Sign, situation: LostSituation): JobError => {
  const { machine, runBy, phase, stage, tail, resets } = situation
  const booting = phase === 'booting'
  const before = causeOf(situation.findings)?.summary
  const after = booting && before !== undefined ? `; before that, ${before}` : ''
  // A panic that the machine itself told of is not explained by what went wrong before it.
  const finding = causeOf(sign.kind === 'panicked' ? situation.findings.filter(({ rule }) => rule.endsWith('panic')) : situation.findings)
  const infra = (message: string, hint: string): JobError => new JobError('infra-error', message, { hint, machine, stage, excerpt: tail })
  const guest = (what: string, hint: string, excerpt = tail): JobError =>
    new JobError(booting ? 'boot-failed' : 'guest-lost', what, { hint, machine, stage, excerpt })
  switch (sign.kind) {
    case 'gone': {
      const how = sign.signal === undefined ? `exited with code ${sign.exitCode ?? 'unknown'}` : `was killed by ${sign.signal}`
      const words = sign.stderr.trim().split('\n').at(-1) ?? ''
      return infra(
        `${runBy} ${how}${words === '' ? '' : `: ${words}`}`,
        'This is the host, not the image: run the job again; check free memory and disk.',
      )
    }
    case 'paused': {
      if (sign.cause === 'image-corrupt') {
        return new JobError('image-error', `${runBy} found the image corrupt while the machine read it`, {
          hint: 'Check the file with `qemu-img check` and build or download it again.',
          machine,
          stage,
          excerpt: tail,
        })
      }
      const [what, hint] = pauses[sign.cause]
      return infra(`${runBy} stopped the machine${what}`, hint)
    }
    case 'panicked':
    case 'finding': {
      if (finding?.hostCaused === true) {
        return new JobError('infra-error', finding.summary ?? `the kernel panicked for a reason of the host: ${headline(finding)}`, {
          hint:
            finding.timeout === undefined
              ? 'A known fault of emulation on a busy host; a fresh machine usually boots.'
              : 'Emulation is slow, and the guest’s own patience short: run the job again, or on a host with KVM.',
          machine,
          stage,
          excerpt: finding.block,
          timeout: finding.timeout,
        })
      }
      if (!finding) return guest('the kernel panicked', 'The console shows no panic message: see console.log.')
      return guest(finding.summary ?? headline(finding), finding.hint ?? 'See the block of the console.', finding.block)
    }
    case 'stopped':
      return guest(
        booting ? `the machine powered itself off before anybody could log in${after}` : 'the machine powered itself off',
        booting ? 'Look for what asked for a power-off at the end of the console.' : 'A test, or a service of the image, ended the system.',
      )
    case 'reset':
      return guest(
        booting ? `the machine rebooted itself ${resets} times without coming up${after}` : 'the machine rebooted by itself',
        booting ? 'Look for the reason above each restart in the console.' : 'Use the key `reboot: true` for a reboot that a test wants.',
      )
    case 'running':
      throw new RangeError('a running machine is no failure')
  }
}

const headline = ({ block }: Finding): string => block.trim().split('\n')[0]?.trim() ?? ''

const pauses: Readonly<Record<'io-error' | 'host-full' | 'internal-error', readonly [string, string]>> = {
  'io-error': [': reading or writing its disk failed on the host', 'Check the disk of the host, then run the job again.'],
  'host-full': [': the disk of the host is full', 'Free space on the host, or give the job a smaller disk.'],
  'internal-error': [' with an internal error', 'KVM on this host does not run this guest: try `accelerator: tcg`.'],
}
