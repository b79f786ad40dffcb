// Stories by chance: whatever a job may ask, and whatever may become of it. The same seed makes the same stories.
import type { BootFate, Disaster, Interruption, JournalFate, MachineFate, RebootFate, Step, StepFate, Story, Try, Word } from './story'

export type Chance = () => number // from 0 to below 1

// mulberry32
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const disasters: readonly Disaster[] = ['cut', 'panics', 'powers-off', 'resets', 'dies', 'dies', 'paused', 'stands-still', 'corrupt']
const interruptions: readonly Interruption[] = ['cancel', 'outlasts']
const words: readonly Word[] = ['crash', 'oops', 'lockup']

export const storyBy = (chance: Chance): Story => {
  const below = (limit: number): number => Math.floor(chance() * limit)
  const one = <T>(of: readonly [T, ...T[]] | readonly T[]): T => of[below(of.length)] as T
  const often = (share: number): boolean => chance() < share
  const some = <T>(most: number, make: () => T): readonly T[] => Array.from({ length: below(most + 1) }, make)
  const maybeSays = (share: number): { readonly says?: Word } => (often(share) ? { says: one(words) } : {})
  const calm = one([0, 0.02, 0.1, 0.3]) // how much goes wrong in this story

  const step = (part: Step['part']) => (): Step => {
    const xfail = often(0.15)
    return {
      part,
      kind: often(0.12) ? 'reboot' : 'run',
      gating: !often(0.25),
      xfail,
      retries: xfail || often(0.7) ? 0 : 1 + below(2), // together they are a mistake in the job
      exits: one([[0], [0], [0], [0, 2], [2]]),
      when: often(0.85) ? 'always' : one(['met', 'unmet', 'unknown']),
    }
  }
  const aTry = (): Try => {
    if (often(calm / 2)) return { kind: one(often(0.8) ? disasters : interruptions) }
    if (often(0.65)) return { kind: 'exits', code: 0 }
    return one<Try>([
      { kind: 'exits', code: 1 },
      { kind: 'exits', code: 2 },
      { kind: 'signalled' },
      { kind: 'not-started' },
      { kind: 'unproven' },
      { kind: 'hangs', killed: often(0.5) },
    ])
  }
  const reboots: readonly RebootFate[] = [
    ...(['refused', 'never-back', 'panics', 'powers-off', 'resets', 'dies', 'paused', 'stands-still', 'corrupt'] as const),
    ...interruptions,
  ]
  const stepFate = (): StepFate => ({
    ...maybeSays(calm / 3),
    tries: often(0.5) ? [] : [aTry(), ...some(2, aTry)],
    reboot: often(1 - calm) ? 'comes-back' : one(reboots),
    ...(often(calm / 4) ? { cancelAfterCut: true } : {}),
  })
  const boots: readonly BootFate[] = [
    ...([
      'not-started',
      'panics',
      'powers-off',
      'loops',
      'late',
      'silent',
      'silent',
      'no-root',
      'no-root',
      'dies',
      'dies',
      'paused',
    ] as const),
    ...(['stands-still', 'corrupt', ...interruptions] as const),
  ]
  const journal = (): JournalFate => ({
    ...maybeSays(calm / 2),
    ...(often(calm / 2) ? { end: one(['fails', 'hangs', 'cut', 'panics', 'dies', 'cancel'] as const) } : {}),
  })
  const steps = [...some(2, step('setup')), ...some(4, step('tests')), ...some(2, step('teardown'))]
  const machine = (): MachineFate => {
    const boot = often(1 - calm) ? 'ready' : one(boots)
    return {
      boot,
      ...(often(boot === 'ready' ? calm / 3 : 0.3) ? { bootSays: one(words) } : {}),
      steps: steps.map(stepFate),
      atEnd: often(1 - calm / 2) ? 'stays' : one<MachineFate['atEnd']>(['stops', ...disasters, ...interruptions]),
      ...(often(calm / 3) ? { endSays: one(words) } : {}),
      ...(often(calm / 2) ? { cloudInit: one(['error', 'degraded', 'unfinished'] as const) } : {}),
      ...(often(0.2) ? { journal: journal() } : {}),
    }
  }
  return {
    steps,
    failFast: often(0.3),
    failOn: one(['default', 'fatal', 'error', 'error', 'never']),
    ignores: often(0.01) ? [one(words)] : [],
    requires: often(0.02),
    bootAttempts: 1 + below(3),
    buses: one([0, 0, 2, 3]),
    kvm: often(0.4),
    machines: [machine(), ...(calm === 0 ? [] : some(3, machine))],
    ...(often(calm / 20) ? { before: one(['cancel', 'fetch-cancel', 'fetch-outlasts'] as const) } : {}),
    imageChanges: often(0.02),
    ...(often(calm / 10) ? { proof: 'cancel' } : {}),
  }
}
