// What must become of a story, by the contract alone (verdicts, and what is never taken back). Shares nothing with src.
import type { Interruption, MachineFate, Step, StepFate, Story, Word } from './story'

// The contract, rule by rule; a test turns each off to see that a hunt would notice.
export interface Rules {
  readonly gates: boolean // a failure decides the job
  readonly lossIsLoss: boolean // a lost guest is never a pass
  readonly neverTakenBack: boolean // a failure that was seen counts after the host failed
  readonly hangFailsXfail: boolean
  readonly xfailNeedsRefusal: boolean // what did not start did not refuse
  readonly xpassFails: boolean
  readonly hostIsRetried: boolean
  readonly setupKeepsTests: boolean // a failed setup keeps the tests from running
  readonly teardownRuns: boolean // after a cancel too
  readonly somethingMustGate: boolean
  readonly findingsGate: boolean
  readonly journalCounts: boolean // what it says, and what is lost while it is read
  readonly cloudInitCounts: boolean
  readonly endStays: boolean // no cancel after the end of the job changes it
  readonly cancelIsHeard: boolean // also when all tests have passed
  readonly imageStays: boolean
}

export const contract: Rules = {
  gates: true,
  lossIsLoss: true,
  neverTakenBack: true,
  hangFailsXfail: true,
  xfailNeedsRefusal: true,
  xpassFails: true,
  hostIsRetried: true,
  setupKeepsTests: true,
  teardownRuns: true,
  somethingMustGate: true,
  findingsGate: true,
  journalCounts: true,
  cloudInitCounts: true,
  endStays: true,
  cancelIsHeard: true,
  imageStays: true,
}

export interface Expected {
  readonly outcome: string
  readonly machines: number
  readonly tests: readonly string[] // on the last machine, in their order; none when it did not come up
}

type End = 'guest-lost' | 'boot-failed' | 'infra-error' | 'image-error' | 'timed-out' | 'cancelled'
type Outcome = 'passed' | 'failed' | 'xfailed' | 'xpassed' | 'flaky' | 'skipped' | 'not-run' | 'error'

export const expected = (story: Story, rules: Rules = contract): Expected => {
  let hostFailures = 0
  let buses: number = story.buses
  let kvm = story.kvm
  if (story.before !== undefined) return { outcome: story.before === 'fetch-outlasts' ? 'timed-out' : 'cancelled', machines: 0, tests: [] }
  for (let machines = 1; ; machines += 1) {
    const fate = story.machines[Math.min(machines, story.machines.length) - 1]
    if (!fate) throw new RangeError('a story has a machine')
    const { end, failed, tests, nextBus, firmwareOnly } = machine(story, fate, kvm, rules)
    const told = (outcome: string): Expected => ({ outcome, machines, tests })
    const changed = story.imageChanges && story.proof === undefined && rules.imageStays // a proof that never came shows no change
    if (end === 'cancelled' || end === 'timed-out') return told(end)
    if (nextBus && buses > 0 && !failed) {
      buses -= 1
      continue
    }
    if (end === 'infra-error' && !(failed && rules.neverTakenBack)) {
      hostFailures += 1
      if (hostFailures < story.bootAttempts && rules.hostIsRetried) {
        if (firmwareOnly) kvm = false
        continue
      }
    }
    if (changed) return told('image-error')
    if (end === 'infra-error') return told(failed && rules.neverTakenBack ? 'failed' : end)
    const cancelled = story.proof === 'cancel' && rules.cancelIsHeard
    if (cancelled && (end === undefined || !rules.endStays)) return told('cancelled')
    if (end !== undefined) return told(end)
    const green = tests.some((outcome, index) => {
      const step = story.steps[index]
      return step?.part === 'tests' && step.gating && ['passed', 'xfailed', 'flaky'].includes(outcome)
    })
    return told(failed || (rules.somethingMustGate && !green) ? 'failed' : 'passed')
  }
}

const ends: Readonly<Record<string, End>> = {
  cut: 'guest-lost',
  panics: 'guest-lost',
  'powers-off': 'guest-lost',
  resets: 'guest-lost',
  stops: 'guest-lost',
  'never-back': 'guest-lost',
  dies: 'infra-error',
  paused: 'infra-error',
  'stands-still': 'infra-error',
  corrupt: 'image-error',
  'cut, then cancel': 'cancelled', // what its silence means was not known yet
  cancel: 'cancelled',
  outlasts: 'timed-out',
}
const isInterruption = (kind: string): kind is Interruption => kind === 'cancel' || kind === 'outlasts'

const machine = (story: Story, fate: MachineFate, kvm: boolean, rules: Rules) => {
  const { steps, failFast, failOn, ignores, requires } = story
  const tests: Outcome[] = []
  let failed = false
  let end: End | undefined
  const hears = (word: Word | undefined): void => {
    if (word === undefined || word === 'lockup' || ignores.includes(word)) return
    const gates = failOn === 'error' || (failOn === 'default' && word === 'oops')
    if (gates && rules.findingsGate) failed = true
  }
  const told = (more: { nextBus?: boolean; firmwareOnly?: boolean } = {}) => ({ end, failed, tests, ...more })

  const { boot, bootSays } = fate
  // A CPU that stood still is the host's: the guest had no chance to come up in time.
  const tooLate = (): End => (bootSays === 'lockup' && !ignores.includes('lockup') ? 'infra-error' : 'boot-failed')
  if (boot !== 'not-started') hears(bootSays)
  switch (boot) {
    case 'ready':
      break
    case 'not-started':
      end = 'infra-error'
      return told()
    case 'dies':
    case 'paused':
    case 'stands-still':
      end = 'infra-error'
      return told({ firmwareOnly: kvm && bootSays === undefined })
    case 'silent': {
      const firmwareOnly = kvm && bootSays === undefined
      end = firmwareOnly ? 'infra-error' : tooLate()
      return told({ firmwareOnly })
    }
    case 'no-root':
      end = 'boot-failed'
      // A kernel that broke has more to say than that its root was not there.
      return told({ nextBus: bootSays !== 'oops' || ignores.includes('oops') || failOn === 'never' })
    case 'corrupt':
    case 'cancel':
    case 'outlasts':
      end = ends[boot]
      return told()
    case 'panics':
    case 'powers-off':
    case 'loops':
      end = 'boot-failed'
      return told()
    case 'late':
      end = tooLate()
      return told()
  }

  // The machine is ready all the same.
  if (rules.cloudInitCounts && (fate.cloudInit === 'error' || fate.cloudInit === 'unfinished') && failOn === 'error' && rules.findingsGate)
    failed = true

  const journal = rules.journalCounts ? fate.journal : undefined
  let there = true // the machine is
  let setupFailed = false
  let stopped = false // by fail-fast
  let patience = true // after a cancel
  steps.forEach((step, index) => {
    const { part } = step
    const mayRun =
      part === 'teardown'
        ? there && patience && (rules.teardownRuns || end === undefined)
        : end === undefined && !(setupFailed && rules.setupKeepsTests) && !(part === 'tests' && stopped)
    if (!mayRun) {
      tests.push('not-run')
      return
    }
    if (step.when === 'unmet' || step.when === 'unknown') {
      tests.push('skipped')
      return
    }
    const stepFate = fate.steps[index] ?? { tries: [], reboot: 'comes-back' }
    if (step.kind === 'reboot') hears(journal?.says) // of the boot that ends with it
    hears(stepFate.says)
    const { outcome, by, over = false } = step.kind === 'reboot' ? rebooted(stepFate, part) : ran(step, stepFate, part, rules)
    tests.push(outcome)
    if (by !== undefined) {
      if (rules.lossIsLoss || isInterruption(by)) end ??= ends[by]
      if (by === 'cancel' || by === 'outlasts') {
        patience &&= part !== 'teardown' || !over
      } else there = false
      return
    }
    const bad = outcome === 'failed' || outcome === 'error' || (outcome === 'xpassed' && rules.xpassFails)
    if (!bad || !step.gating || !rules.gates) return
    failed = true
    if (part === 'setup') setupFailed = true
    if (part === 'tests' && failFast) stopped = true
  })
  if (end !== undefined) return told()
  hears(fate.endSays)
  if (fate.atEnd !== 'stays') {
    end = ends[fate.atEnd]
    return told()
  }
  hears(journal?.says)
  end = ends[journal?.end ?? '']
  if (end === undefined && requires && failOn !== 'never' && rules.findingsGate) failed = true
  return told()
}

interface Ran {
  readonly outcome: Outcome
  readonly by?: string // what ended the machine or the job
  readonly over?: boolean // and this step with it
}

// A teardown outlives a cancel for a while, in which nothing that goes on for ever comes to its end.
const interruptedBy = (how: Interruption, part: Step['part'], done: () => Ran): Ran =>
  part === 'teardown' && how === 'cancel' ? { ...done(), by: how } : { outcome: 'error', by: how, over: true }

const rebooted = ({ reboot }: StepFate, part: Step['part']): Ran => {
  if (reboot === 'comes-back') return { outcome: 'passed' }
  if (reboot === 'refused') return { outcome: 'error' }
  if (isInterruption(reboot)) return interruptedBy(reboot, part, () => ({ outcome: 'passed' }))
  return { outcome: 'error', by: reboot }
}

const ran = ({ xfail, retries, exits }: Step, { tries, cancelAfterCut }: StepFate, part: Step['part'], rules: Rules): Ran => {
  const judged = (kind: string, code: number, count: number): Outcome => {
    if (kind === 'hangs' && (rules.hangFailsXfail || !xfail)) return 'failed'
    if (kind === 'signalled' || kind === 'not-started' || kind === 'unproven')
      return xfail && !rules.xfailNeedsRefusal ? 'xfailed' : 'error'
    const right = kind === 'exits' && exits.includes(code)
    if (xfail) return right ? 'xpassed' : 'xfailed'
    if (!right) return 'failed'
    return count > 1 ? 'flaky' : 'passed'
  }
  let interruption: Interruption | undefined
  for (let count = 1; ; count += 1) {
    const now = tries[Math.min(count, tries.length) - 1] ?? { kind: 'exits', code: 0 }
    if (isInterruption(now.kind)) {
      if (part !== 'teardown' || now.kind === 'outlasts') return { outcome: 'error', by: interruption ?? now.kind, over: true }
      interruption = now.kind
    } else if (now.kind in ends) {
      const by = now.kind === 'cut' && cancelAfterCut === true ? 'cut, then cancel' : now.kind
      return { outcome: 'error', by: interruption ?? by, over: true }
    }
    const kind = isInterruption(now.kind) ? 'exits' : now.kind
    const code = now.kind === 'exits' ? now.code : 0
    const right = kind === 'exits' && exits.includes(code)
    if (right || count > retries) return { outcome: judged(kind, code, count), ...(interruption === undefined ? {} : { by: interruption }) }
  }
}
