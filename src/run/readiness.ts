// When a machine of the job is ready, over its first boot and its reboots, and in which words it is not.
import type { Keys } from '../access/keys'
import { hostKeyNote } from '../access/box-logins'
import type { Login } from '../access/login'
import { loginsOf } from '../access/logins'
import type { Provisioned } from '../access/provisioning'
import type { MachineSpec } from '../config/job'
import { deadlineError } from '../diagnosis/sentences/deadline'
import { JobError } from '../errors'
import type { Ready, SshAttempts, waitReady } from '../guest/ready/ready'
import { asksForShutdown } from '../guest/shutdown'
import type { Watch } from '../guest/watch'
import type { Disks } from '../images/disks'
import { systemClock } from '../lib/clock'
import type { Machine } from '../machines/provider'
import type { Accelerator } from '../results'
import type { Recorder } from './recorder'

// A machine of the job, with its image and our way in.
export interface Guest {
  readonly spec: MachineSpec
  readonly image: Disks
  readonly provisioned: Provisioned
}

export interface ReadinessRequest {
  readonly guest: Guest
  readonly accelerator: Accelerator
  readonly user: Keys
  readonly watch: Watch
  readonly waitReady: typeof waitReady
  readonly recorder: Pick<Recorder, 'startMs' | 'warn'>
}

// notBootId: of the boot before, after a reboot.
export type WaitUntilReady = (
  machine: Machine,
  limits: { readonly deadlineMs: number; readonly limitMs: number; readonly notBootId?: string },
  signal: AbortSignal,
) => Promise<Ready>

export const readiness = (request: ReadinessRequest): WaitUntilReady => {
  const { guest, accelerator, user, watch, recorder } = request
  const { spec, image, provisioned } = guest
  const { access } = spec
  const logins = loginsOf({ access, image, provisionedUser: provisioned.user, keys: user, consoleUser: watch.consoleUser })
  const ownLogin = access.password !== undefined || access.sshKey !== undefined
  let trusted: string | undefined // host key of a box
  return async (machine, { deadlineMs, limitMs, notBootId }, signal) => {
    const startedMs = systemClock.now()
    // A host key that stays wrong is told before the limit.
    const waitedMs = (): number => Math.min(limitMs, systemClock.now() - startedMs)
    const found = await request.waitReady({
      machine: machine.name,
      endpoint: await machine.endpoint(signal),
      logins,
      failure: watch.failure,
      deadlineMs,
      slowdown: accelerator.slowdown,
      signal,
      ...(ownLogin
        ? {
            onOwnHostKey: () => {
              recorder.warn(ownHostKey)
            },
          }
        : {}),
      waitForCloudInit: notBootId === undefined,
      asksForShutdown: asksForShutdown(access.userData?.text),
      ...(notBootId === undefined ? {} : { notBootId }),
      onStage: (stage) => {
        watch.reach(stage, systemClock.now())
      },
      atDeadline: (attempts) => doubted(tooLate(request, attempts, waitedMs(), logins()), attempts, provisioned.doubt),
    })
    const note = image.box && hostKeyNote(found.hostKey, trusted)
    if (note !== undefined) recorder.warn(note)
    trusted = found.hostKey
    return found
  }
}

const ownHostKey =
  'the guest has host keys of its own: cloud-init is absent or disabled, or did not take the seed; it is logged in to with what the job gives'

// A login that was refused for a reason that was known before.
const doubted = (error: JobError, { loginsRefused }: SshAttempts, doubt: string | undefined): JobError => {
  if (doubt === undefined || loginsRefused.length === 0) return error
  const { outcome, message, machine, stage, excerpt } = error
  return new JobError(outcome, `${message}: ${doubt}`, { hint: `Your user-data is the cause, not the image.`, machine, stage, excerpt })
}

// Whatever tells of something new so shortly before the end was getting on.
const movingMs = 10_000

const tooLate = (
  { guest: { spec }, accelerator: { kind, slowdown }, watch, recorder: { startMs } }: ReadinessRequest,
  attempts: SshAttempts,
  waitedMs: number,
  logins: readonly Login[],
): JobError => {
  const { movedAtMs = -Infinity } = watch.diagnosis.notes
  return deadlineError({
    machine: spec.name,
    diagnosis: watch.diagnosis,
    booting: watch.phase() === 'booting',
    ssh: { ...attempts, users: [...new Set(logins.map(({ user }) => user))] },
    waitedMs,
    moving: systemClock.now() - startMs - movedAtMs < Math.min(movingMs * slowdown, waitedMs / 4),
    accelerator: kind,
    chosen: spec.accelerator === 'auto',
  })
}
