// Stories in few words.
import type { MachineFate, Step, StepFate, Story, Try } from './story'

export const step = (change: Partial<Step> = {}): Step => ({
  ...{ part: 'tests', kind: 'run', gating: true, xfail: false, retries: 0, exits: [0], when: 'always' },
  ...change,
})
export const setup = (change: Partial<Step> = {}): Step => step({ part: 'setup', ...change })
export const teardown = (change: Partial<Step> = {}): Step => step({ part: 'teardown', ...change })
export const reboot = (change: Partial<Step> = {}): Step => step({ kind: 'reboot', ...change })

export const exits = (...codes: readonly number[]): StepFate => ({
  tries: codes.map((code) => ({ kind: 'exits', code })),
  reboot: 'comes-back',
})
export const ends = (kind: Exclude<Try['kind'], 'exits' | 'hangs'>): StepFate => ({ tries: [{ kind }], reboot: 'comes-back' })
export const hangs: StepFate = { tries: [{ kind: 'hangs', killed: true }], reboot: 'comes-back' }
export const boots = (fate: StepFate['reboot']): StepFate => ({ tries: [], reboot: fate })
export const fine = exits(0)

export const machine = (steps: readonly StepFate[] = [], change: Partial<MachineFate> = {}): MachineFate => ({
  ...{ boot: 'ready', steps, atEnd: 'stays' },
  ...change,
})

export const story = (steps: readonly Step[], machines: readonly MachineFate[], change: Partial<Story> = {}): Story => ({
  ...{ steps, machines, failFast: false, failOn: 'error', ignores: [], requires: false, bootAttempts: 2, buses: 0, kvm: false },
  imageChanges: false,
  ...change,
})
