// Several machines of one bench, on paper: what is told of each when one fails.
import { describe, expect, it } from 'vitest'
import { provision } from '../../../src/access/provisioning'
import { emptyJob } from '../../../src/commands/empty-job'
import { JobError, toJobError } from '../../../src/errors'
import { StartError } from '../../../src/machines/provider'
import { qemuProvider } from '../../../src/machines/qemu'
import type { QemuHost } from '../../../src/machines/qemu/host'
import { openBench } from '../../../src/run/bench'
import { createRecorder } from '../../../src/run/recorder'
import { machineSpec } from '../../support/machine-spec'
import { onPaperClock } from '../../support/paper/clock'
import { paperDisk, paperOutside } from '../../support/paper/outside'
import { machine } from '../../support/paper/stories'
import type { MachineFate } from '../../support/paper/story'
import { paperTestbeds } from '../../support/paper/testbed'

type Fates = Readonly<Record<string, Partial<MachineFate>>>

const bring = (others: Fates, start?: (start: QemuHost['startMachines']) => QemuHost['startMachines']) =>
  onPaperClock(async () => {
    const paper = paperTestbeds({ fates: [machine([], { others })], stepOf: () => undefined, cancel: () => undefined })
    const { user, host } = paperOutside(paper, { obtainImage: () => Promise.reject(new Error('there is one')) }).makeRunKeys()
    const specs = Object.keys(others).map((name) =>
      machineSpec({
        name,
        firmware: 'bios',
        bootTimeout: { ms: 5000, written: true },
        access: { provisioning: 'none', loginUser: 'root' },
      }),
    )
    const job = { ...emptyJob('bench'), machines: specs }
    const wrote: string[] = []
    const recorder = createRecorder({
      ...{ job, tool: { version: '1', node: '20' }, source: { jobSha256: '' }, replay: '', onEvent: () => undefined },
      files: {
        consoleSink: () => () => undefined,
        journalSink: () => () => undefined,
        screenshot: () => Promise.resolve(),
        qemuLog: (name) => Promise.resolve(void wrote.push(name)),
        list: () => [],
      },
    })
    const guests = specs.map((spec) => {
      const image = {
        disks: [paperDisk],
        facts: { asked: 'disk.raw', verified: 'none', verifiedBy: '', bytes: 1, format: 'raw' },
        proof: () => Promise.resolve({ sha256: '', unchanged: true }),
      } as const
      return { spec, image, provisioned: provision({ spec, image, user, host }) }
    })
    const context = { signal: new AbortController().signal, dir: '/paper', marker: 'paper', onProgress: () => undefined }
    const startMachines = start?.(paper.host.startMachines) ?? paper.host.startMachines
    const plan = await qemuProvider({}, { ...paper.host, startMachines }).plan(
      guests.map(({ spec, image, provisioned }) => ({ spec, image, ...provisioned })),
      context,
    )
    recorder.planned(plan)
    const opened = await openBench({ guests, plan, job, context, recorder, attempt: 1, user, waitReady: paper.waitReady }).catch(toJobError)
    const bench = opened instanceof JobError ? undefined : opened
    const wroteAtEnd = [...wrote]
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    const { machines } = recorder.result({ outcome: 'passed', message: '', cleanup: { removed: 0, left: [] } })
    return {
      ...{ error: opened instanceof JobError ? opened : undefined, bench, wrote, wroteAtEnd },
      boots: Object.fromEntries(machines.map(({ name, boots }) => [name, boots.map(({ outcome, message }) => [outcome, message])])),
    }
  })

const calledOff = ['cancelled', 'another machine of the job failed']

describe('when one does not come up', () => {
  it('the error is its own, and no boot of another is told as failed', async () => {
    const { error, boots } = await bring({ web: { boot: 'silent' }, db: { boot: 'panics' } })
    expect(error).toMatchObject({ outcome: 'boot-failed', machine: 'db' })
    expect(boots).toEqual({ web: [calledOff], db: [['boot-failed', error?.message]] })
  })

  it('nothing is written of any once that is told', async () => {
    const { wrote, wroteAtEnd } = await bring({ web: { boot: 'silent' }, db: { boot: 'panics' } })
    expect(wroteAtEnd.toSorted()).toEqual(['db', 'web'])
    expect(wrote).toEqual(wroteAtEnd)
  })
})

it('says of one that did not start that it is the one', async () => {
  const refuses = new StartError('db', 'QEMU refuses', { argv: [], log: '', screenshot: () => Promise.resolve(undefined) }, { hint: '' })
  const { boots, wrote } = await bring({ web: {}, db: {} }, () => () => Promise.reject(refuses))
  expect(boots).toEqual({ web: [calledOff], db: [['infra-error', 'QEMU refuses']] })
  expect(wrote).toEqual(['db'])
})

it('is open with all machines that were planned or not at all', async () => {
  const { error } = await bring({ web: {}, db: {} }, (start) => async (...given) => {
    const testbed = await start(...given)
    return { ...testbed, machines: new Map([...testbed.machines].filter(([name]) => name !== 'db')) }
  })
  expect(error).toMatchObject({ outcome: 'infra-error', message: 'unexpected: no machine db' })
})

describe('whose fault it is', () => {
  const lost = (machine: string) => new JobError('guest-lost', 'the guest stopped answering', { hint: '', machine })

  it('is asked of the machine that was lost', async () => {
    const { bench } = await bring({ web: { boot: 'ready' }, db: { boot: 'ready', console: '' } })
    const [web, db] = bench?.running ?? []
    if (!bench || !web || !db) throw new Error('all came up')
    Object.assign(web.watch, { failed: () => lost('web') }) // as it powered itself off
    Object.assign(db.machine, { answers: () => Promise.resolve(false) })
    expect(await bench.blame(lost('db'))).toMatchObject({ outcome: 'infra-error', machine: 'db' })
  })
})
