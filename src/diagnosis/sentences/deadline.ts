import { explainDeadline, onlyFirmware, type Diagnosis, type SshView } from '..'
import { JobError } from '../../errors'
import type { Accelerator } from '../../results'

export interface Late {
  readonly machine: string
  readonly diagnosis: Diagnosis
  readonly booting: boolean // for the first time, not again after a reboot
  readonly ssh?: SshView
  readonly waitedMs: number | undefined
  readonly moving: boolean // the console told of something new until the end
  readonly accelerator: Accelerator['kind']
  readonly chosen: boolean // the accelerator, by us, not by the user
}

const slowHost = {
  tcg: 'Emulation is slow and the guest’s own patience short: run the job again, or on a host with KVM.',
  kvm: 'The host did not let the guest run: run the job again, on a host that is less busy or does not nest virtualisation.',
}

// What is told when the time is up. boot-failed; infra-error where the host may be to blame.
export const deadlineError = ({ machine, diagnosis, booting, ssh, waitedMs, moving, accelerator, chosen }: Late): JobError => {
  diagnosis.flush()
  const { stage, findings, notes, resets } = diagnosis
  const lastLines = diagnosis.recent(40).split('\n')
  const explained = explainDeadline({
    ...{ stage, findings, lastLines, waitedMs, notes, resets, moving, accelerator },
    ...(ssh ? { ssh } : {}),
  })
  const { message, excerpt, cause } = explained
  // Broken virtualisation can let the firmware run, or the probe, and nothing else; under emulation the image gets its chance.
  const silent = stage === 'firmware' && onlyFirmware(lastLines) && (ssh?.banners ?? 0) === 0 && booting && cause === undefined
  if (silent && accelerator === 'kvm' && chosen) {
    return new JobError('infra-error', `${message}, under KVM`, {
      hint: 'KVM on this host may not run guests: set `accelerator: tcg`, or `kvm` to rule that out.',
      machine,
      stage,
      excerpt,
    })
  }
  // What a busy host did to a system that was up is no reason that it does not come back.
  const starved = booting && cause?.severity === 'suspect-host'
  return new JobError(cause?.hostCaused === true || starved ? 'infra-error' : 'boot-failed', message, {
    hint: starved ? slowHost[accelerator === 'tcg' ? 'tcg' : 'kvm'] : explained.hint,
    machine,
    stage,
    excerpt,
    timeout: cause?.timeout,
  })
}
