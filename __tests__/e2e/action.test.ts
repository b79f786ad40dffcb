import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/results'
import { guest } from '../guests'
import { node24 } from '../node24/setup'
import { assertValidResult } from '../support/valid-result'
import { leftovers, newStep, node20, runAction, runPost, startMain, type Ran } from './runner'

let tiny: string
let panic: string
beforeAll(async () => {
  tiny = await guest('tiny')
  panic = await guest('panic')
})

const fast = { accelerator: 'tcg', memory: '512M' }

// What every verdict owes, whatever it is.
const expectVerdict = (ran: Ran, outcome: string, exitCode: number): RunResult => {
  const explain = `${ran.log}\n${ran.summary}`
  expect(ran.outputs['verdict'], explain).toBe(outcome)
  expect(ran.exitCode, explain).toBe(exitCode)
  expect(ran.post.exitCode).toBe(0)
  expect(ran.left).toEqual([])
  const result = assertValidResult(ran.result())
  expect(result.outcome).toBe(outcome)
  expect(result.cleanup.left).toEqual([])
  expect(existsSync(ran.outputs['junit'] ?? '')).toBe(true)
  expect(readFileSync(join(ran.reportDir, 'summary.md'), 'utf8')).toBe(ran.summary)
  expect(ran.summary.length).toBeGreaterThan(100)
  const errors = ran.annotations.filter(({ level }) => level === 'error')
  expect(errors.length > 0).toBe(outcome !== 'passed')
  return result
}

describe.each([
  ['Node 20', node20],
  ['Node 24', node24],
])('the action on %s', (_name, node) => {
  it('passes an image whose tests pass', async () => {
    const step = newStep(
      { ...fast, image: tiny, commands: 'grep -q tiny /etc/os-release\ntest "$(hostname)" = image-test # the seed' },
      { node },
    )
    const ran = await runAction(step)
    const result = expectVerdict(ran, 'passed', 0)
    expect(ran.outputs).toMatchObject({ passed: '2', failed: '0', total: '2', accelerator: 'tcg' })
    expect(Number(ran.outputs['boot-seconds'])).toBeGreaterThan(1)
    expect(ran.outputs['image-sha256']).toMatch(/^[0-9a-f]{64}$/)
    expect(result.machines[0]?.image.unchanged).toBe(true)
    expect(result.machines[0]?.boots[0]?.stages.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['firmware', 'bootloader', 'kernel', 'init', 'sshd', 'ready']),
    )
    expect(readFileSync(ran.outputs['console-log'] ?? '', 'utf8')).toContain('Linux version')
  })

  it('fails an image of whose tests one fails, and says which and why', async () => {
    const step = newStep({ ...fast, config: 'job.yml', image: tiny }, { node })
    writeFileSync(
      join(step.workspace, 'job.yml'),
      [
        'tests:',
        '  - run: "true"',
        '  - name: the sky is green',
        '    run: |',
        '      echo looking up',
        '      exit 3',
        '  - name: root may not be unmounted',
        '    run: umount /proc/self/none',
        '    sudo: true',
        '    xfail: true',
        '  - run: exit 4',
        '    continue-on-error: true',
      ].join('\n'),
    )
    const ran = await runAction(step)
    expectVerdict(ran, 'failed', 1)
    expect(ran.outputs).toMatchObject({ passed: '2', failed: '1', total: '4' })
    const [error] = ran.annotations.filter(({ level }) => level === 'error')
    expect(error?.properties).toMatchObject({ file: 'job.yml', line: '3' })
    expect(error?.message).toContain('exit code 3 instead of 0')
    expect(error?.message).toContain('looking up')
    const [warning] = ran.annotations.filter(({ level }) => level === 'warning')
    expect(warning?.message).toContain('exit code 4')
    expect(ran.summary).toContain('the sky is green')
  })

  it('tells every mistake of the configuration before anything is booted', async () => {
    const step = newStep({ ...fast, config: 'job.yml', image: tiny }, { node })
    writeFileSync(join(step.workspace, 'job.yml'), 'tests:\n  - rum: "true"\n  - run: "true"\n    timeout: 5\n')
    const ran = await runAction(step)
    expectVerdict(ran, 'config-error', 1)
    expect(ran.annotations.map(({ properties }) => properties['line'])).toEqual(expect.arrayContaining(['2', '4']))
    expect(assertValidResult(ran.result())).toMatchObject({ machines: [], phases: [] })
  })

  it('says that an image does not exist, and what does', async () => {
    const step = newStep({ ...fast, image: 'Tiny.qcow2', commands: 'true' }, { node })
    writeFileSync(join(step.workspace, 'tiny.qcow2'), '')
    const ran = await runAction(step)
    expectVerdict(ran, 'image-error', 1)
    expect(ran.annotations[0]?.message).toContain('tiny.qcow2')
  })

  // How long after its line is measured by `npm run faults -- --latency`; no deadline of ours ends this one.
  it('reports a kernel panic at boot by its line, with the block, at stage kernel', async () => {
    const ran = await runAction(newStep({ ...fast, 'boot-timeout': '10h', timeout: '20h', image: panic, commands: 'true' }, { node }))
    const result = expectVerdict(ran, 'boot-failed', 1)
    expect(result.stage).toBe('kernel')
    expect(result.excerpt).toContain('Unable to mount root fs')
    expect(ran.annotations[0]?.message).toContain('Unable to mount root fs')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing and writes its report when it is cancelled by %s', async (signal) => {
    const ran = await runAction(
      newStep({ ...fast, image: tiny, commands: 'true\necho here; sleep 86400', 'test-timeout': '20h', timeout: '20h' }, { node }),
      async (main) => {
        await until(() => main.log().includes('here\n'))
        main.kill(signal)
        await main.finished
      },
    )
    const result = expectVerdict(ran, 'cancelled', 1)
    expect(result.tests.map(({ outcome }) => outcome)).toEqual(['passed', 'error'])
  })
})

describe('kill -9', () => {
  it('takes QEMU with it at once, and the post step removes the rest', async () => {
    const step = newStep({ ...fast, image: tiny, commands: 'echo here\nsleep 100' })
    const main = startMain(step)
    await until(() => main.log().includes('here\n'))
    expect(leftovers(step).some((name) => name.includes('qemu'))).toBe(true)
    main.kill('SIGKILL')
    await main.finished
    await until(() => !leftovers(step).some((name) => name.includes('qemu')))
    expect(leftovers(step)).not.toEqual([])
    expect((await runPost(step)).exitCode).toBe(0)
    expect(leftovers(step)).toEqual([])
  })
})

describe('the accelerator of this host', () => {
  it('is found out, and the summary says why it was chosen', async () => {
    const ran = await runAction(newStep({ memory: '512M', image: tiny, commands: 'true' }))
    const result = expectVerdict(ran, 'passed', 0)
    expect(ran.summary).toContain(result.machines[0]?.accelerator.reason)
  })
})

const until = async (condition: () => boolean): Promise<void> => {
  await expect.poll(condition).toBe(true)
}
