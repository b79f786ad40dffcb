import { describe, expect, it } from 'vitest'
import { missingFindings, withoutRepeats } from '../../../src/diagnosis'
import type { Finding } from '../../../src/results'
import { processorMs } from '../../support/processor-time'
import { noPolicy, watched } from './samples'

const panic = '[    1.5] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)'
const text = `[FAILED] Failed to start a.service - A.\n[    1.1] BUG: kernel NULL pointer dereference, address: 0\n---[ end trace 0 ]---\n`
const panicked = `${text}${panic}\n[    1.6] CPU: 0 PID: 1 Comm: swapper/0\n---[ end Kernel panic ]---\n[    2.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n`

const gating = (failOn: 'default' | 'fatal' | 'error' | 'never', text = panicked): string[] => {
  const { diagnosis, feed, findings } = watched({ policy: { ...noPolicy, failOn } })
  feed(text)
  diagnosis.flush()
  return findings.filter((finding) => finding.gating).map(({ rule }) => rule)
}

describe('fail-on', () => {
  it('decides which findings gate', () => {
    expect(gating('fatal')).toEqual(['kernel-panic'])
    expect(gating('error')).toEqual(['kernel-panic', 'failed-unit'])
    expect(gating('default')).toEqual(['kernel-panic'])
    expect(gating('never')).toEqual([])
  })

  it('gates by default what no healthy image shows', () => {
    expect(gating('default', text)).toEqual(['kernel-bug'])
    expect(gating('fatal', text)).toEqual([])
    expect(gating('default', '[    2.0] EXT4-fs (vda1): Remounting filesystem read-only\n')).toEqual(['remounted-read-only'])
    expect(gating('default', '[    2.0] systemd[1]: Caught <SEGV>, dumped core as pid 812.\n')).toEqual(['pid1-crashed'])
    expect(gating('default', 'python3[512]: segfault at 0 ip 00007f2a error 4 in libc.so.6\n')).toEqual([])
  })
})

describe('ignore', () => {
  it('takes the gate and the alarm off what matches anywhere in the block', () => {
    const policy = { failOn: 'error', ignore: [{ match: '^.*PID: 1 Comm: swapper/0$', reason: 'bug 1' }], require: [] } as const
    const { diagnosis, feed, findings, fatals } = watched({ policy })
    feed(panicked)
    diagnosis.flush()
    expect(findings.map(({ rule, ignored, gating }) => [rule, ignored, gating])).toEqual([
      ['kernel-panic', 'bug 1', false],
      ['kernel-warning', undefined, false],
      ['failed-unit', undefined, true],
      ['kernel-bug', undefined, true],
    ])
    expect(fatals).toEqual([])
  })

  it('excuses nothing by the lines that only stand before it', () => {
    const policy = { failOn: 'default', ignore: [{ match: 'noise\\.service', reason: 'known' }], require: [] } as const
    const { diagnosis, feed, findings } = watched({ policy })
    diagnosis.setPhase('running')
    feed('[FAILED] Failed to start noise.service - Noise.\n')
    feed('[   90.1] systemd[1]: Freezing execution.\n')
    diagnosis.flush()
    expect(findings.map(({ rule, ignored, gating }) => [rule, ignored, gating])).toEqual([
      ['failed-unit', 'known', false],
      ['freezing-execution', undefined, true],
    ])
    expect(findings.at(-1)?.block).toContain('noise.service') // shown all the same
  })

  it('never announces what it matches, however often', () => {
    const { diagnosis, feed, findings, fatals } = watched({ policy: { ...noPolicy, ignore: [{ match: 'panic', reason: 'x' }] } })
    for (let index = 0; index < 50; index += 1) feed(`${panic}\n---[ end Kernel panic ]---\n`)
    diagnosis.flush()
    expect(findings).toHaveLength(21)
    expect(fatals).toEqual([])
  })

  it('still announces what it does not match, when the block is whole', () => {
    const { feed, fatals } = watched({ policy: { ...noPolicy, ignore: [{ match: 'something else', reason: 'x' }] } })
    feed(`${panic}\n`)
    expect(fatals).toEqual([])
    feed('---[ end Kernel panic ]---\n')
    expect(fatals).toMatchObject([{ rule: 'kernel-panic', line: 1 }])
  })

  it('does not let many ignored findings hide one that counts', () => {
    const policy = { failOn: 'error', ignore: [{ match: 'noise', reason: 'known' }], require: [] } as const
    const { diagnosis, feed, findings } = watched({ policy })
    for (let index = 0; index < 100; index += 1) feed(`[FAILED] Failed to start noise${index}.service - x.\n`)
    feed('[FAILED] Failed to start real.service - x.\n')
    diagnosis.flush()
    expect(findings.filter((finding) => finding.gating)).toMatchObject([{ summary: 'a unit failed: Failed to start real.service - x' }])
    expect(findings.at(-1)?.summary).toContain('and 80 more')
  })

  it('is stopped when its pattern takes too long, and says so', () => {
    const { diagnosis, feed, findings } = watched({ policy: { ...noPolicy, ignore: [{ match: '(a+)+$', reason: 'x' }] } })
    const ms = processorMs(() => {
      for (let index = 0; index < 10; index += 1) feed(`[FAILED] Failed to start ${'a'.repeat(60)}${index}!\n`)
      diagnosis.flush()
    })
    expect(ms).toBeLessThan(5000) // of ten findings the first alone is searched to its limits
    expect(findings).toHaveLength(10)
    expect(diagnosis.complaints).toEqual([expect.stringContaining('(a+)+$')])
  })

  it('refuses what is no regular expression', () => {
    expect(() => watched({ policy: { ...noPolicy, ignore: [{ match: '(', reason: 'x' }] } })).toThrow(
      expect.objectContaining({ outcome: 'config-error', message: expect.stringContaining('"("') as string }) as Error,
    )
  })
})

describe('a journal that repeats the console', () => {
  const one: Finding = {
    ...{ rule: 'failed-unit', severity: 'error', gating: false, machine: 'm', source: 'console', stage: 'ready', atMs: 1, line: 1 },
    block: '[FAILED] Failed to start a.service - A.',
  }
  it('is not told again, unless it is graver there', () => {
    const gating = { ...one, gating: true }
    expect(withoutRepeats([one], [one])).toEqual([])
    expect(withoutRepeats([gating], [gating])).toEqual([])
    expect(withoutRepeats([one], [gating])).toEqual([gating])
    expect(withoutRepeats([one, gating], [gating])).toEqual([])
    expect(withoutRepeats([{ ...one, ignored: 'known' }], [gating])).toEqual([])
  })
})

describe('require', () => {
  const require = [
    { match: 'Reached target.*multi-user', reason: 'comes up' },
    { match: '^tiny: ready$', reason: 'ready' },
  ]
  const policy = { ...noPolicy, require }

  it('is met by a line of the console, on however long a console', () => {
    const { diagnosis, feed } = watched({ policy })
    feed(`${'x'.repeat(100)}\n`.repeat(1000))
    feed('tiny: ready\n')
    feed(`${'x'.repeat(100)}\n`.repeat(1000))
    expect(diagnosis.unmet()).toEqual([require[0]])
    feed('[  OK  ] Reached target multi-user.target - Multi-User System.\n')
    expect(diagnosis.unmet()).toEqual([])
  })

  it('makes a finding of what appeared in no source of a machine', () => {
    const console = watched({ policy })
    const journal = watched({ policy, source: 'journal' })
    console.feed('tiny: ready\n')
    const missing = missingFindings([console.diagnosis, journal.diagnosis], { machine: 'm', atMs: 5, policy })
    expect(missing).toEqual([
      expect.objectContaining({
        rule: 'required-missing',
        severity: 'error',
        gating: true,
        machine: 'm',
        block: 'Reached target.*multi-user\n(comes up)',
      }),
    ])
    expect(missingFindings([console.diagnosis], { machine: 'm', atMs: 5, policy: { ...policy, failOn: 'never' } })[0]?.gating).toBe(false)
  })
})

describe('withoutRepeats', () => {
  it('knows a message by its words, whoever writes it where', () => {
    const said = (source: 'console' | 'journal', text: string): readonly Finding[] => {
      const { diagnosis, feed, findings } = watched({ source })
      feed(`${text}\n`)
      diagnosis.flush()
      return findings
    }
    const complaint = 'cloud-init[435]: 2026-11-26 13:10:45,086 - schema.py[WARNING]: cloud-config failed schema validation!'
    const crash = 'python3[512]: segfault at 0 ip 00007f2a error 4 in libc.so.6'
    for (const [console, journal] of [
      [`[  148.373697] ${complaint}`, `[  148.330309] image-test ${complaint}`],
      [`[   95.000001] ${crash}`, `[   95.000001] image-test kernel: ${crash}`],
      [`[   95.000001] ${crash}`, `Nov 22 21:18:23 image-test kernel: ${crash}`],
    ] as const) {
      expect(said('console', console)).toHaveLength(1)
      expect(said('journal', journal)).toHaveLength(1)
      expect(withoutRepeats(said('console', console), said('journal', journal))).toEqual([])
    }
  })

  it('leaves out of a journal what the console said as well', () => {
    const [console, journal] = (['console', 'journal'] as const).map((source): readonly Finding[] => {
      const { diagnosis, feed, findings } = watched({ source })
      const prefix = source === 'console' ? '[    2.000000] ' : 'Nov 22 21:18:23 image-test kernel: '
      feed(`${prefix}EXT4-fs (vda1): Remounting filesystem read-only\n`)
      if (source === 'journal') feed('Nov 22 21:18:23 image-test systemd[1]: Failed to start a.service - A.\n')
      diagnosis.flush()
      return findings
    })
    expect(withoutRepeats(console ?? [], journal ?? []).map(({ rule }) => rule)).toEqual(['failed-unit'])
  })
})
