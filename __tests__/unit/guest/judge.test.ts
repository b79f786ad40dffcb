import { describe, expect, it } from 'vitest'
import { judgeFailure, type MachinePhase, type Sign, type LostSituation } from '../../../src/guest/judge'
import type { Finding } from '../../../src/results'

const finding = (more: Partial<Finding> = {}): Finding => ({
  rule: 'kernel-panic',
  severity: 'fatal',
  gating: true,
  machine: 'machine',
  source: 'console',
  stage: 'kernel',
  atMs: 1,
  line: 7,
  block: 'Kernel panic - not syncing: VFS',
  summary: 'the kernel panicked: VFS',
  hint: 'check root=',
  ...more,
})
const situation = (phase: MachinePhase, findings: readonly Finding[] = []): LostSituation => ({
  machine: 'machine',
  runBy: 'QEMU',
  phase,
  resets: 4,
  stage: phase === 'booting' ? 'kernel' : 'ready',
  findings,
  tail: 'the last lines',
})
const gone: Sign = { kind: 'gone', atMs: 1, exitCode: undefined, signal: 'SIGKILL', stderr: 'terminating' }
const paused = (cause: 'io-error' | 'host-full' | 'internal-error' | 'image-corrupt'): Sign => ({ kind: 'paused', atMs: 1, cause })
const by = 'guest' as const

describe('whose fault a machine failed', () => {
  it.each<[string, Sign, MachinePhase, Finding[], string]>([
    ['a panic while booting', { kind: 'finding' }, 'booting', [finding()], 'boot-failed'],
    ['a panic told by the machine', { kind: 'panicked', atMs: 1 }, 'booting', [], 'boot-failed'],
    ['a panic later', { kind: 'panicked', atMs: 1 }, 'running', [finding()], 'guest-lost'],
    ['a panic during a reboot', { kind: 'finding' }, 'rebooting', [finding()], 'guest-lost'],
    ['a panic of the host', { kind: 'finding' }, 'booting', [finding({ severity: 'suspect-host', hostCaused: true })], 'infra-error'],
    ['a power-off while booting', { kind: 'stopped', atMs: 1, by }, 'booting', [], 'boot-failed'],
    ['a power-off later', { kind: 'stopped', atMs: 1, by }, 'running', [], 'guest-lost'],
    ['a reboot loop', { kind: 'reset', atMs: 1, by }, 'booting', [], 'boot-failed'],
    ['an unasked reboot', { kind: 'reset', atMs: 1, by }, 'running', [], 'guest-lost'],
    ['QEMU killed while booting', gone, 'booting', [], 'infra-error'],
    ['QEMU killed later', gone, 'running', [], 'infra-error'],
    ['a full host disk', paused('host-full'), 'running', [], 'infra-error'],
    ['a broken host disk', paused('io-error'), 'running', [], 'infra-error'],
    ['KVM that gives up', paused('internal-error'), 'booting', [], 'infra-error'],
    ['a corrupt image', paused('image-corrupt'), 'booting', [], 'image-error'],
  ])('%s', (_name, sign, phase, findings, outcome) => {
    const error = judgeFailure(sign, situation(phase, findings))
    expect(error.outcome).toBe(outcome)
    expect(error.hint).not.toBe('')
    expect(error.excerpt).toBe(findings[0]?.block ?? 'the last lines')
  })

  it("speaks the finding's words", () => {
    expect(judgeFailure({ kind: 'finding' }, situation('booting', [finding()]))).toMatchObject({
      message: 'the kernel panicked: VFS',
      hint: 'check root=',
    })
    const slow = finding({
      severity: 'suspect-host',
      hostCaused: true,
      block: '[ 1.0] vda: vda1\n[ 1.1] Kernel panic',
      summary: 'too slow',
    })
    expect(judgeFailure({ kind: 'finding' }, situation('booting', [slow]))).toMatchObject({ outcome: 'infra-error', message: 'too slow' })
  })

  it('does not explain a panic by what the host did before', () => {
    const lostTimer = finding({ rule: 'lost-timer', severity: 'suspect-host', hostCaused: true, summary: 'a timer was lost' })
    expect(judgeFailure({ kind: 'panicked', atMs: 1 }, situation('running', [lostTimer]))).toMatchObject({
      outcome: 'guest-lost',
      message: 'the kernel panicked',
    })
  })

  it('gives the last words of QEMU', () => {
    expect(judgeFailure(gone, situation('booting')).message).toBe('QEMU was killed by SIGKILL: terminating')
  })
})
