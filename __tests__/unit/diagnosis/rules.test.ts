import { describe, expect, it } from 'vitest'
import { rules } from '../../../src/diagnosis'
import { ruleOf, ruleOfPrompt, severityOf } from '../../../src/diagnosis/rules'
import { sameMessage } from '../../../src/diagnosis/same'
import { stageSigns } from '../../../src/diagnosis/stages'
import { terminalRows } from '../../../src/lib/terminal'
import { heldOut, readCorpus, tuned } from './corpus'
import { leastProcessorMs } from '../../support/processor-time'
import { readSamples, watched } from './samples'

const samples = readSamples()

describe('rules', () => {
  it.each(samples)('find $name', ({ text, rule, severity, phase, others, line, block }) => {
    const { diagnosis, feed, findings } = watched({ accelerator: 'kvm' })
    diagnosis.setPhase(phase)
    feed(text)
    diagnosis.flush()
    const own = findings.filter((finding) => !others.includes(finding.rule))
    expect(own.map((finding) => [finding.rule, finding.severity, finding.line])).toEqual([[rule, severity, line]])
    expect(own[0]?.block).toBe(block)
    expect(own[0]?.gating).toBe(severity === 'fatal')
    expect(own[0]?.summary).not.toMatch(/undefined$|\n/)
    expect(new Set(findings.map((finding) => finding.rule))).toEqual(new Set([rule, ...others]))
  })

  it('have a sample each, or a console of the corpus, and a name of their own', () => {
    const lines = readCorpus([...tuned, ...heldOut]).flatMap(({ text }) => text.split('\r\n').flatMap(terminalRows))
    const met = lines.flatMap((line) => [ruleOf(line)?.id, ruleOfPrompt(line)?.id])
    const sampled = new Set([...samples.map(({ rule }) => rule), ...met])
    expect(rules.map(({ id }) => id).filter((id) => !sampled.has(id))).toEqual([])
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const { id } of rules) expect(id).toMatch(/^[a-z][a-z0-9-]*$/)
  })

  it('take less than 2 ms of processor time for any line of 4096 characters', () => {
    const parts = rules.flatMap(({ hints, start }) => [...hints, start.source.replace(/[^A-Za-z :]+/g, ' ').slice(0, 40)])
    const lines = [
      ...parts.map((part) => `${part} `.repeat(4096).slice(0, 4096)),
      ...parts.map((part) => part + 'a'.repeat(4096 - part.length)),
      ...parts.map((part) => part + ' '.repeat(4096 - part.length)),
      ...parts.map((part) => `${part}: ${'0 ('.repeat(1400)}`.slice(0, 4096)),
      ...parts.map((part) => `systemd[1]: ${part} /:[`.repeat(400).slice(0, 4096)),
      ...samples
        .flatMap(({ text }) => text.split('\n'))
        .flatMap((line) => [12, 30, 60, 200].map((length) => line.slice(0, length)))
        .filter((piece) => piece !== '')
        .map((piece) => piece.repeat(Math.ceil(4096 / piece.length)).slice(0, 4096)),
    ]
    const time = (work: () => void): number => leastProcessorMs(1, 30, work)
    const patterns = [
      ...stageSigns,
      ...rules.flatMap(({ start, end, goesOn, before, blame }) => [start, end, goesOn, before, blame]),
    ].filter((one) => one !== undefined)
    for (const pattern of patterns) pattern.test('') // compiles it
    let worst = { ms: 0, what: '' }
    for (const line of lines) {
      for (const pattern of patterns) {
        const ms = time(() => pattern.test(line))
        if (ms > worst.ms) worst = { ms, what: `${pattern.source} on ${line.slice(0, 60)}` }
      }
      const ms = time(
        () =>
          ruleOf(line) ?? ruleOf(line, 'journal') ?? ruleOfPrompt(line) ?? sameMessage(line, `${line.slice(0, 2000)}…${line.slice(2100)}`),
      )
      if (ms > worst.ms) worst = { ms, what: `all rules on ${line.slice(0, 60)}` }
    }
    expect(worst.ms, worst.what).toBeLessThan(2)
  })

  it('find the words that they say every match holds', () => {
    for (const { rule, text } of samples) {
      const own = text.split('\n').filter((line) => rules.find(({ id }) => id === rule)?.start.test(line))
      expect(own.length, rule).toBeGreaterThan(0)
      expect(
        own.some((line) => ruleOf(line)?.id === rule || ruleOfPrompt(line)?.id === rule),
        rule,
      ).toBe(true)
    }
  })
})

describe('severityOf', () => {
  const rule = (id: string) => {
    const found = rules.find((one) => one.id === id)
    if (!found) throw new Error(id)
    return found
  }

  it('blames the host where the host can be the cause', () => {
    for (const accelerator of ['kvm', 'tcg'] as const)
      expect(severityOf(rule('soft-lockup'), { phase: 'running', accelerator })).toBe('suspect-host')
    expect(severityOf(rule('soft-lockup'), { phase: 'running', accelerator: 'remote' })).toBe('warn')
    expect(severityOf(rule('host-panic'), { phase: 'booting', accelerator: 'remote' })).toBe('fatal')
  })

  it('knows when a halt was asked for', () => {
    expect(severityOf(rule('halted'), { phase: 'stopping', accelerator: 'kvm' })).toBeUndefined()
    expect(severityOf(rule('power-off'), { phase: 'stopping', accelerator: 'kvm' })).toBeUndefined()
    expect(severityOf(rule('power-off'), { phase: 'booting', accelerator: 'kvm' })).toBe('fatal')
  })

  it('may be raised by a check', () => {
    expect(severityOf(rule('selinux-denied'), { phase: 'running', accelerator: 'kvm', severities: { 'selinux-denied': 'error' } })).toBe(
      'error',
    )
  })
})

describe('ruleOf', () => {
  it('believes of the kernel in a journal only what the kernel wrote', () => {
    const words = 'Kernel panic - not syncing: Fatal exception'
    expect(ruleOf(`Nov 22 21:18:23 image-test kernel: ${words}`, 'journal')?.id).toBe('kernel-panic')
    expect(ruleOf(`[   12.345678] image-test kernel: ${words}`, 'journal')?.id).toBe('kernel-panic')
    expect(ruleOf(`Nov 22 21:18:23 image-test sudo[12]: root : TTY=pts/0 ; COMMAND=/bin/grep '${words}'`, 'journal')).toBeUndefined()
    expect(ruleOf(`Nov 22 21:18:23 image-test sh[12]: kernel: ${words}`, 'journal')).toBeUndefined()
    expect(ruleOf('Nov 22 21:18:23 image-test systemd[1]: Failed to start foo.service - Foo.', 'journal')?.id).toBe('failed-unit')
    expect(ruleOf('Nov 22 21:18:23 image-test sh[1]: grub> ', 'journal')).toBeUndefined()
  })

  it.each([
    ['systemd[1]', 'Freezing execution.'],
    ['systemd[1]', 'You are in emergency mode. After logging in, type "journalctl -xb"'],
    ['dracut-initqueue[405]', 'Warning: Could not boot.'],
  ])('of a system that does not come up is believed of %s alone', (sender, words) => {
    const line = (by: string, text: string): string => `[   12.345678] image-test ${by}: ${text}`
    const rule = ruleOf(line(sender, words))
    expect(rule?.severity).toBe('fatal')
    expect(ruleOf(line(sender, words), 'journal')).toBe(rule)
    expect(
      ruleOf(line('sudo[812]', `root : PWD=/ ; USER=root ; COMMAND=/usr/bin/grep -q '${words}' /var/log/messages`), 'journal')?.severity,
    ).not.toBe('fatal')
    expect(ruleOf(line('myapp[8]', words), 'journal')?.severity).not.toBe('fatal')
  })
})
