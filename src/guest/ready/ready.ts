// The only place that decides that a machine is ready, or not, because.
import { clean, type Reported } from '../../diagnosis'
import { JobError, type Stage } from '../../errors'
import { systemClock } from '../../lib/clock'
import { hostTime } from '../../lib/host-time'
import type { Endpoint } from '../../machines/provider'
import { awaitBanner } from './banner'
import { awaitCloudInit, type CloudInitVerdict } from './cloud-init'
import type { Login } from '../../access/login'
import { askFacts, type Facts } from '../facts'
import { nextLogin, refuse, type Round } from './login-order'
import { noLogins } from './no-login'
import { growingPatience, type Patience } from '../patience'
import { openSession, type Session } from '../session'
import { awaitCalm } from '../shutdown'
import { fingerprintOf, connectSsh, HandshakeTimeout, HostKeyMismatch, LoginRefused, NoCommonAlgorithm, type Connection } from '../ssh'
import { talkativeShell } from './talkative-shell'

export interface ReadyRequest {
  readonly machine: string
  readonly endpoint: Endpoint
  readonly logins: () => readonly Login[] // in the order to try; may grow as the console tells more
  readonly failure: Promise<JobError> // resolves when the machine's events or console decide that it will not come up
  readonly deadlineMs: number // clock time
  readonly slowdown: number // of the guest by its host
  readonly signal: AbortSignal
  readonly onStage: (stage: Stage) => void
  readonly atDeadline: (attempts: SshAttempts) => JobError // boot-failed, with the last stage reached
  readonly waitForCloudInit: boolean // on the first boot, not after a reboot
  // The user gave a login of their own, so the guest may be one that no seed reaches, with host keys of its own: told when one is let pass.
  readonly onOwnHostKey?: () => void
  readonly asksForShutdown?: boolean // the seed's own user-data, at the end of the first boot
  readonly notBootId?: string // a session of this boot does not count: it is the one before the reboot
}

// What the SSH side saw, for the explanation of a boot that did not come to its end.
export interface SshAttempts {
  refused: number // connections that nothing in the guest took
  silent: number // connections on which not a word came
  banners: number
  loginsRefused: string[] // users
  refusal: string | undefined // what sshd said when it was more than no
  hostKeyMismatches: number
  noLogin: string | undefined // what became of the first command of a user that can log in
  boots: number // that ended after a login
  permanent: string | undefined // what will not change: nothing in common with its sshd
  last: string | undefined // what the last attempt said
}

export interface Ready {
  readonly session: Session
  readonly cloudInit: CloudInitVerdict | undefined
  readonly talkative: Reported | undefined // a login shell that prints
  readonly hostKey: string // fingerprint
  readonly login: Login // the one that let us in
}

// The first patience, before the host's slowdown. A handshake on a slow, emulated guest was measured at 0.4 to 2.5 s; a banner may wait for
// names to be looked up.
const bannerMs = 15_000
const handshakeMs = 15_000
const answerMs = 30_000
// OpenSSH 9.8 and later locks a client out for some seconds after each refusal, so refusals are not hammered.
const refusalPauseMs = (refusals: number): number => Math.min(500 * 1.6 ** refusals, 5000)
// cloud-init may replace the host keys and restart sshd; a key that stays wrong is an answer.
const mismatchPatienceMs = { seeded: 30_000, perhaps: 5000 }

// To end the command that waits, and to ask whether the machine stays.
const afterCloudInitMs = 5000

export const noAttempts = (): SshAttempts => ({
  refused: 0,
  silent: 0,
  banners: 0,
  loginsRefused: [],
  refusal: undefined,
  hostKeyMismatches: 0,
  noLogin: undefined,
  boots: 0,
  permanent: undefined,
  last: undefined,
})

// What cannot change by itself must be said again after so much time: cloud-init may restart sshd with another configuration.
const permanentAgainMs = 5000

// A race between an authenticated command, the machine's own events and console, and one wall-clock deadline; over the moment one of
// them decides. Throws boot-failed | infra-error (by failure and atDeadline), or the signal's reason.
export const waitReady = async (request: ReadyRequest): Promise<Ready> => {
  const { signal, failure, deadlineMs, atDeadline } = request
  const attempts = noAttempts()
  const stop = new AbortController()
  const end = (reason: unknown): void => {
    stop.abort(reason)
  }
  const onAbort = (): void => {
    end(signal.reason)
  }
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  void failure.then(end)
  const cancel = hostTime.after(deadlineMs - hostTime.now(), () => {
    end(atDeadline(attempts))
  })
  try {
    return await logIn(request, attempts, stop.signal)
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

const logIn = async (request: ReadyRequest, attempts: SshAttempts, signal: AbortSignal): Promise<Ready> => {
  const patience: Patiences = {
    banner: growingPatience(bannerMs, request.slowdown),
    handshake: growingPatience(handshakeMs, request.slowdown),
    answer: growingPatience(answerMs, request.slowdown),
  }
  let refusals = 0
  let round: Round = { refused: [] }
  let permanentSinceMs = 0
  let mismatchSinceMs: number | undefined
  let checkHostKey = true
  const useless = noLogins(request.slowdown)
  for (;;) {
    const turn = nextLogin(request.logins(), round)
    const { login } = turn
    round = turn.round
    try {
      const connection = await connect(request, { login, checkHostKey, attempts, patience }, signal)
      const answer = await askFacts(connection, login.user, patience.answer, signal).catch((error: unknown) => {
        connection.end()
        throw error
      })
      if (answer.kind === 'facts' && answer.facts.bootId !== request.notBootId) {
        const ready = await settle(request, login, connection, answer.facts, attempts, signal)
        if (ready) return ready
      }
      connection.end()
      attempts.last = answer.kind === 'facts' ? 'the connection was cut before the machine was ready' : answer.why
      if (answer.kind === 'no-login') {
        request.onStage('login')
        attempts.noLogin = answer.why
        useless.add(login.user, answer.why)
        if (request.logins().every(({ user }) => useless.stays(user))) throw request.atDeadline(attempts)
        refusals += 1
        round = refuse(login, round) // another user may be the right one
      }
      await systemClock.sleep(refusalPauseMs(0), signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof JobError) throw error
      attempts.last = clean(error instanceof Error ? error.message : String(error))
      if (error instanceof LoginRefused) {
        attempts.loginsRefused.push(login.user)
        attempts.refusal = error.because ?? attempts.refusal
        refusals += 1
        round = refuse(login, round)
      }
      if (error instanceof HandshakeTimeout) patience.handshake.wasTooShort()
      if (error instanceof HostKeyMismatch) {
        attempts.hostKeyMismatches += 1
        mismatchSinceMs ??= systemClock.now()
        const sinceMs = systemClock.now() - mismatchSinceMs
        const { perhaps, seeded } = mismatchPatienceMs
        if (request.onOwnHostKey && sinceMs > perhaps * request.slowdown) {
          checkHostKey = false
          request.onOwnHostKey()
        } else if (sinceMs > seeded * request.slowdown) throw request.atDeadline(attempts)
      }
      if (error instanceof NoCommonAlgorithm) {
        if (attempts.permanent !== error.message) permanentSinceMs = systemClock.now()
        attempts.permanent = error.message
        if (systemClock.now() - permanentSinceMs >= permanentAgainMs * request.slowdown) throw request.atDeadline(attempts)
        await systemClock.sleep(permanentAgainMs * request.slowdown, signal)
        continue
      }
      attempts.permanent = undefined
      await systemClock.sleep(error instanceof LoginRefused ? refusalPauseMs(refusals) : 200, signal)
    }
  }
}

interface Patiences {
  readonly banner: Patience
  readonly handshake: Patience
  readonly answer: Patience // to the first command
}

interface Attempt {
  readonly login: Login
  readonly checkHostKey: boolean
  readonly attempts: SshAttempts
  readonly patience: Patiences
}

const connect = async (
  { endpoint, slowdown, onStage }: ReadyRequest,
  { login, checkHostKey, attempts, patience }: Attempt,
  signal: AbortSignal,
): Promise<Connection> => {
  const socket = await awaitBanner({
    endpoint,
    patience: patience.banner,
    signal,
    onRefused: () => (attempts.refused += 1),
    onSilent: () => (attempts.silent += 1),
  })
  attempts.banners += 1
  onStage('sshd')
  return connectSsh({
    socket,
    login,
    hostKeys: checkHostKey ? endpoint.hostKeys : undefined,
    timeoutMs: patience.handshake.ms(),
    slowdown,
    signal,
  })
}

// Logged in: cloud-init may still be at work. undefined when the guest rebooted meanwhile, as a first boot may.
const settle = async (
  { machine, deadlineMs, slowdown, onStage, waitForCloudInit, asksForShutdown = false }: ReadyRequest,
  login: Login,
  connection: Connection,
  facts: Facts,
  attempts: SshAttempts,
  signal: AbortSignal,
): Promise<Ready | undefined> => {
  onStage('login')
  let cloudInit: CloudInitVerdict | undefined
  if (waitForCloudInit && facts.hasCloudInit) {
    // A little before the deadline, so that what follows has its time: an unfinished cloud-init is a finding, not a machine that did not boot.
    const reserveMs = Math.min(afterCloudInitMs * slowdown, (deadlineMs - systemClock.now()) / 2)
    const verdict = await awaitCloudInit(connection, facts.uid, deadlineMs - reserveMs, signal)
    if (verdict === 'lost') return undefined
    cloudInit = verdict
    onStage('cloud-init')
  }
  const asked = asksForShutdown && waitForCloudInit && attempts.boots === 0
  const onWait = (why: string): void => {
    attempts.last = why
  }
  if ((await awaitCalm(connection, { machine, deadlineMs, slowdown, asked, onWait }, signal)) === 'lost') {
    attempts.boots += 1
    return undefined
  }
  onStage('ready')
  const session = openSession(machine, login.user, connection, facts)
  return { session, cloudInit, talkative: talkativeShell(facts), hostKey: fingerprintOf(connection.hostKey), login }
}
