// The job from top to bottom: what is asked of the host, in which order, and what is told when. Verdicts are in run/job.test.ts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JobError } from '../../../src/errors'
import type { RunEvent } from '../../../src/events'
import type { RunResult } from '../../../src/results'
import { play, type Staging } from '../../support/paper/run'
import { ends, exits, fine, machine, reboot, step, story } from '../../support/paper/stories'

const fails = (outcome: ConstructorParameters<typeof JobError>[0], message: string) => () =>
  Promise.reject(new JobError(outcome, message, { hint: '' }))

const run = async (staging: Staging = {}, machines = [machine()], change: Parameters<typeof story>[2] = {}, steps = [step()]) => {
  const events: RunEvent[] = []
  const verdicts: RunResult[] = []
  const played = await play(story(steps, machines, change), {
    ...staging,
    onEvent: (event, cancel) => {
      events.push(event)
      staging.onEvent?.(event, cancel)
    },
    onVerdict: (result) => {
      verdicts.push(result)
      events.push({ kind: 'note', text: 'verdict', atMs: 0 })
    },
  })
  const order = events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : event.kind === 'note' ? [event.text] : []))
  return { ...played, verdicts, order, phases: played.result.phases.map(({ phase }) => phase) }
}

describe('the phases of a run', () => {
  it('follow each other, and the verdict is told before the clean-up', async () => {
    const { order, phases, verdicts, result } = await run()
    expect(order).toEqual(['prepare', 'boot', 'tests', 'verdict', 'cleanup'])
    expect(phases).toEqual(['prepare', 'boot', 'tests', 'cleanup'])
    expect(verdicts).toEqual([{ ...result, phases: result.phases.slice(0, -1), cleanup: { removed: 0, left: [] } }])
  })

  it('begin again with the boot for a fresh machine', async () => {
    expect((await run({}, [machine([ends('dies')]), machine()])).phases).toEqual(['prepare', 'boot', 'tests', 'boot', 'tests', 'cleanup'])
  })

  it.each<[string, Staging, string[]]>([
    ['no image', { outside: () => ({ obtainImage: fails('image-error', 'no such image') }) }, ['prepare', 'cleanup']],
    ['no QEMU', { host: () => ({ ensureQemu: fails('infra-error', 'no QEMU') }) }, ['prepare', 'cleanup']],
  ])('end early with %s', async (_, staging, phases) => {
    const came = await run(staging)
    expect([came.phases, came.machines, came.verdicts.length]).toEqual([phases, 0, 1])
  })
})

describe('the host and the image', () => {
  it('are prepared side by side: a fault of the image is told first', async () => {
    const { result } = await run({
      outside: () => ({ obtainImage: fails('image-error', 'no such image') }),
      host: () => ({ ensureQemu: fails('infra-error', 'no QEMU') }),
    })
    expect(result).toMatchObject({ outcome: 'image-error', message: 'no such image' })
  })

  it('know no error that is not one of the job: others are ours', async () => {
    const { result } = await run({ host: () => ({ bootRecords: () => Promise.reject(new TypeError('x is not a function')) }) })
    expect(result).toMatchObject({ outcome: 'infra-error', message: 'unexpected: x is not a function' })
  })

  it('make the machine that the image needs, also when its name told another', async () => {
    const asked: string[] = []
    const { result } = await run({
      outside: ({ obtainImage }) => ({
        obtainImage: async (...request) => ({ ...(await obtainImage(...request)), arch: 'aarch64' as const }),
      }),
      host: ({ ensureQemu, examine }) => ({
        bootRecords: () => Promise.resolve({ bios: false, uefi: ['aarch64'], esp: true }),
        ensureQemu: (request) => {
          asked.push(`QEMU for ${request.arch ?? ''} ${request.firmware ?? ''}`.trim())
          return ensureQemu(request)
        },
        examine: (arch, ...others) => {
          asked.push(`an accelerator for ${arch}`)
          return examine(arch, ...others)
        },
      }),
      job: ({ machines }) => ({ machines: machines.map((one) => ({ ...one, firmware: 'auto' as const })) }),
    })
    expect(result.outcome).toBe('passed')
    expect(asked).toEqual([...['QEMU for x86_64', 'an accelerator for x86_64'], ...['QEMU for aarch64 uefi', 'an accelerator for aarch64']])
    expect(result.machines[0]).toMatchObject({ arch: 'aarch64', firmware: 'uefi' })
  })

  it('tell the digest of what booted, and that it stayed what it was', async () => {
    const { result } = await run({
      outside: ({ obtainImage }) => ({
        obtainImage: async (...request) => ({
          ...(await obtainImage(...request)),
          proof: () => Promise.resolve({ sha256: 'abc', unchanged: true }),
        }),
      }),
    })
    expect(result.machines[0]?.image).toMatchObject({ sha256: 'abc', unchanged: true })
  })

  it.each<[string, ReturnType<typeof machine>, number]>([
    ['a lost guest', machine([ends('panics')]), 800],
    ['a boot that failed', machine([], { boot: 'powers-off' }), 1000],
  ])('do not keep %s waiting for that digest', async (_, fate, withinMs) => {
    const { result } = await run(
      {
        outside: ({ obtainImage }) => ({
          obtainImage: async (...request) => ({ ...(await obtainImage(...request)), proof: () => new Promise(() => undefined) }),
        }),
      },
      [fate],
    )
    expect(result.durationMs).toBeLessThanOrEqual(withinMs + 500)
    expect(result.machines[0]?.image).not.toHaveProperty('sha256')
  })
})

describe('the folder of an attempt', () => {
  const removing = (fail: boolean) => {
    const removed: string[] = []
    const staging: Staging = {
      outside: () => ({
        removeFolder: (dir) => {
          removed.push(dir)
          return fail ? Promise.reject(new Error('busy')) : Promise.resolve()
        },
      }),
    }
    return { removed, staging }
  }

  it.each([false, true])('is removed before the next one, and what cannot be is left to the clean-up: %s', async (fail) => {
    const { removed, staging } = removing(fail)
    const { result, machines } = await run(staging, [machine([], { boot: 'dies' }), machine([], { boot: 'paused' }), machine()], {
      bootAttempts: 3,
    })
    expect([result.outcome, machines]).toEqual(['passed', 3])
    expect(removed).toEqual(['/paper/attempt-1', '/paper/attempt-2', '/paper/attempt-3'])
  })
})

describe('what a run tells of its boots', () => {
  it('has one for each, also of reboots and of a fresh machine', async () => {
    const { result } = await run({}, [machine([fine, ends('dies')]), machine()], {}, [reboot(), step()])
    expect(result.machines[0]?.boots.map(({ attempt, reason, outcome }) => `${attempt} ${reason} ${outcome}`)).toEqual([
      ...['1 first ready', '1 reboot ready', '2 retry ready', '1 reboot ready'],
    ])
  })

  it('says why one failed', async () => {
    const { result } = await run({}, [machine([], { boot: 'panics' })])
    expect(result.machines[0]?.boots).toMatchObject([{ outcome: 'boot-failed', message: 'the kernel panicked: Fatal exception' }])
    expect(result).toMatchObject({ outcome: 'boot-failed', stage: 'kernel', excerpt: expect.stringContaining('Kernel panic') as string })
  })
})

describe('the accelerator', () => {
  it('multiplies default limits, and no number of the user', async () => {
    const slow: Staging['host'] = () => ({
      examine: () => Promise.resolve({ tool: 'paper', accelerator: { kind: 'tcg', reason: 'asked for', slowdown: 4 } }),
    })
    const took = async (written: boolean): Promise<number> =>
      (
        await run(
          {
            host: slow,
            job: ({ machines }) => ({ machines: machines.map((spec) => ({ ...spec, bootTimeout: { ms: 5000, written } })) }),
          },
          [machine([], { boot: 'late' })],
        )
      ).result.durationMs
    expect([await took(true), await took(false)]).toEqual([5000, 20_000])
  })
})

describe('--keep', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'keep-'))
  })
  afterEach(() => {
    rmSync(dir, { recursive: true })
  })
  const keeping = (afterMs: number): Staging => ({
    ...{ keep: true, dir },
    onEvent: ({ kind }, cancel) => {
      if (kind !== 'note') return
      if (afterMs === 0) cancel()
      else setTimeout(cancel, afterMs)
    },
  })

  it('leaves the machine up after the tests, until the signal, which is no cancel then', async () => {
    const { result, order } = await run(keeping(60_000))
    expect(order[3]).toContain(`Log in with: ssh -F '${dir}/ssh_config' machine`)
    expect(readFileSync(join(dir, 'key-1-1'), 'utf8')).toBe('private')
    expect(readFileSync(join(dir, 'known_hosts'), 'utf8')).toBe('machine ssh-ed25519 paper\n')
    expect(result).toMatchObject({ outcome: 'passed', durationMs: 60_110 })
  })

  it('keeps the verdict of tests that failed', async () => {
    const { result } = await run(keeping(60_000), [machine([exits(1)])])
    expect(result).toMatchObject({ outcome: 'failed', message: '1 of 1 tests failed: “step 0” exit code 1 instead of 0' })
  })

  it('keeps the verdict of a guest that was lost', async () => {
    expect((await run(keeping(60_000), [machine([ends('cut')])])).result.outcome).toBe('guest-lost')
  })

  it('keeps no machine that the host took: another is tried', async () => {
    const { result, machines, order } = await run(keeping(60_000), [machine([ends('dies')]), machine()])
    expect([result.outcome, machines]).toEqual(['passed', 2])
    expect(order.filter((text) => text.includes('stays up'))).toHaveLength(1)
  })

  it('keeps every verdict also where the way in cannot be written', async () => {
    writeFileSync(join(dir, 'key-1-1'), 'of somebody else')
    const passed = await run(keeping(60_000))
    expect(passed.result).toMatchObject({ outcome: 'passed', warnings: [expect.stringContaining('the machine does not stay up: ')] })
    const lost = await run(keeping(60_000), [machine([ends('cut')]), machine()])
    expect([lost.result.outcome, lost.machines], 'and tries no other machine').toEqual(['guest-lost', 1])
  })

  it('hears a signal that comes as it begins', async () => {
    expect((await run(keeping(0))).result.outcome).toBe('passed')
  })
})
