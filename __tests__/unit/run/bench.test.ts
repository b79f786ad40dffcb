// One attempt to bring a machine up, on paper: what is recorded of it, and that nothing of it is left when it fails.
import { describe, expect, it } from 'vitest'
import type { Job, MachineSpec } from '../../../src/config/job'
import { JobError, toJobError } from '../../../src/errors'
import type { RunEvent } from '../../../src/events'
import type { Login } from '../../../src/access/login'
import type { Disks } from '../../../src/images/disks'
import { systemClock } from '../../../src/lib/clock'
import { qemuProvider } from '../../../src/machines/qemu'
import type { QemuHost } from '../../../src/machines/qemu/host'
import { requestOf, type MachineRequest } from '../../../src/machines/qemu/request'
import { openBench, type BenchRequest } from '../../../src/run/bench'
import { provision } from '../../../src/access/provisioning'
import { emptyJob } from '../../../src/commands/empty-job'
import { createRecorder } from '../../../src/run/recorder'
import { onPaperClock } from '../../support/paper/clock'
import { paperDisk, paperOutside } from '../../support/paper/outside'
import { machine } from '../../support/paper/stories'
import type { MachineFate } from '../../support/paper/story'
import { paperTestbeds } from '../../support/paper/testbed'
import { machineSpec } from '../../support/machine-spec'

const spec = machineSpec({
  ...{ memoryBytes: 1024, cpus: 2, firmware: 'bios' },
  bootTimeout: { ms: 5000, written: false },
  access: { provisioning: 'none', loginUser: 'root' },
  image: { source: 'paper', verify: 'none' },
  hardware: { tpm: false, diskBus: 'virtio', nic: 'virtio', nics: 1, emptyDisksBytes: [] },
})
const disks: Disks = {
  disks: [paperDisk],
  facts: { asked: 'https://example.org/Fedora-Cloud-44.qcow2', verified: 'none', verifiedBy: '', bytes: 1, format: 'raw' },
  proof: () => Promise.resolve({ sha256: '', unchanged: true }),
}

interface Change {
  readonly spec?: Partial<MachineSpec>
  readonly image?: Partial<Disks>
  readonly job?: Partial<Job>
  readonly slowdown?: number
  readonly attempt?: number
  readonly start?: (start: QemuHost['startMachines']) => QemuHost['startMachines']
  readonly waitReady?: (waitReady: BenchRequest['waitReady']) => BenchRequest['waitReady']
}

const bring = (fate: Partial<MachineFate> = {}, change: Change = {}) =>
  onPaperClock(async () => {
    const ending = new AbortController()
    const cancel = (): void => {
      ending.abort(new JobError('cancelled', 'the run was cancelled', { hint: '' }))
    }
    const paper = paperTestbeds({ fates: [machine([], fate)], stepOf: () => undefined, cancel })
    const { makeRunKeys } = paperOutside(paper, { obtainImage: () => Promise.reject(new Error('there is one')) })
    const own = { ...spec, ...change.spec }
    const job = { ...emptyJob('boot'), machines: [own], ...change.job }
    const events: RunEvent[] = []
    const wrote: string[] = []
    const recorder = createRecorder({
      ...{ job, tool: { version: '1', node: '20' }, source: { jobSha256: '' }, replay: '', onEvent: (event) => void events.push(event) },
      files: {
        consoleSink: () => (chunk) => void wrote.push(`console: ${Buffer.from(chunk).toString()}`),
        journalSink: () => () => undefined,
        screenshot: (_, png) => Promise.resolve(void wrote.push(`screen: ${Buffer.from(png).toString()}`)),
        qemuLog: (_, text) => Promise.resolve(void wrote.push(`log: ${text}`)),
        list: () => [],
      },
    })
    const requests: MachineRequest[] = []
    let running = 0
    const host: QemuHost = {
      ...paper.host,
      examine: () => Promise.resolve({ tool: 'paper', accelerator: { kind: 'kvm', reason: '', slowdown: change.slowdown ?? 1 } }),
      startMachines: async (plan, ...rest) => {
        requests.push(...plan.machines.map(requestOf))
        const testbed = await (change.start?.(paper.host.startMachines) ?? paper.host.startMachines)(plan, ...rest)
        running += 1
        return {
          ...testbed,
          [Symbol.asyncDispose]: async () => {
            running -= 1
            await testbed[Symbol.asyncDispose]()
          },
        }
      },
    }
    const image = { ...disks, ...change.image }
    const { user, host: hostKeys } = makeRunKeys()
    const guest = { spec: own, image, provisioned: provision({ spec: own, image, user, host: hostKeys }) }
    const context = { signal: ending.signal, dir: '/paper', marker: 'paper', onProgress: () => undefined }
    const plan = await qemuProvider({}, host).plan([{ spec: own, image, ...guest.provisioned }], context)
    recorder.planned(plan)
    const outcome = await openBench({
      ...{ guests: [guest], plan, job, context, recorder, user },
      waitReady: change.waitReady?.(paper.waitReady) ?? paper.waitReady,
      attempt: change.attempt ?? 1,
    }).then(
      (bench) => ({ bench, error: undefined }),
      (error: unknown) => ({ bench: undefined, error: toJobError(error) }),
    )
    const left = running
    const tookMs = systemClock.now() - recorder.startMs
    await outcome.bench?.end()
    const result = recorder.result({ outcome: 'passed', message: '', cleanup: { removed: 0, left: [] } })
    return {
      ...outcome,
      ...{ left, tookMs, events, wrote, requests, result, findings: recorder.findings() },
      boots: result.machines[0]?.boots ?? [],
      running: () => running,
    }
  })

describe('a machine that comes up', () => {
  it('has a session, its facts, a boot with its stages, and its console in a file', async () => {
    const { bench, result, boots, wrote, events, running, left } = await bring({ console: '[    0.000000] Linux version 6.1\n' })
    expect(bench?.machines.get('machine')?.facts).toEqual({
      distro: 'paper',
      version: undefined,
      variant: undefined,
      arch: 'x86_64',
      provider: 'qemu',
      accelerator: 'kvm',
    })
    expect(result.machines[0]?.os).toEqual({ id: 'paper', version: '', kernel: '1' })
    expect(boots).toEqual([
      {
        ...{ attempt: 1, reason: 'first', outcome: 'ready', startedAtMs: 0, poweredOnAtMs: 0 },
        stages: [
          { stage: 'kernel', atMs: 100 },
          { stage: 'sshd', atMs: 300 },
          { stage: 'login', atMs: 300 },
          { stage: 'ready', atMs: 300 },
        ],
      },
    ])
    expect(wrote).toEqual(['console: [    0.000000] Linux version 6.1\n'])
    expect(events.flatMap((event) => (event.kind === 'stage' ? [`${event.stage} ${event.sinceStartMs}`] : []))).toEqual([
      ...['kernel 100', 'sshd 300', 'login 300', 'ready 300'],
    ])
    expect([left, running()], 'it is there until it is ended').toEqual([1, 0])
  })

  it('is what the job asks for', async () => {
    const { requests, result } = await bring({}, { spec: { qemuArgs: ['-snapshot'] } })
    expect(requests).toMatchObject([
      {
        name: 'machine',
        arch: 'x86_64',
        memoryBytes: 1024,
        cpus: 2,
        firmware: 'bios',
        qemuArgs: ['-snapshot'],
        seed: { by: 'volume', files: [] },
      },
    ])
    expect(result.machines[0]).toMatchObject({ argv: ['qemu-system-x86_64', '-name', 'machine'], seed: [] })
  })

  it.each<[NonNullable<MachineFate['cloudInit']>, string]>([
    ['error', 'error'],
    ['unfinished', 'error'],
    ['degraded', 'warn'],
  ])('is ready whatever cloud-init says, which is a finding: %s', async (cloudInit, severity) => {
    const { bench, findings } = await bring({ cloudInit })
    expect(bench).toBeDefined()
    expect(findings).toMatchObject([{ rule: `cloud-init-${cloudInit}`, severity, gating: false, stage: 'ready' }])
  })

  it('may reboot itself before', async () => {
    const { bench, boots, events } = await bring(
      {},
      {
        start: (start) => (plan, context, listen) => {
          const listener = listen('machine')
          setTimeout(() => {
            listener.console(Buffer.from('[    0.000000] Linux version 6.1\n'), systemClock.now())
            listener.event({ kind: 'reset', by: 'guest', atMs: systemClock.now() })
          }, 50)
          return start(plan, context, () => listener)
        },
      },
    )
    expect(bench).toBeDefined()
    expect(boots).toMatchObject([
      { attempt: 1, reason: 'first', outcome: 'rebooted', message: 'the machine rebooted itself before it was ready' },
      { attempt: 1, reason: 'first', outcome: 'ready', poweredOnAtMs: 50 },
    ])
    expect(events).toContainEqual({ kind: 'note', text: 'machine rebooted itself in its first boot; the wait goes on', atMs: 50 })
  })
})

describe('a machine that does not come up', () => {
  it.each<[MachineFate['boot'], string, string]>([
    ['panics', 'boot-failed', 'the kernel panicked: Fatal exception'],
    ['powers-off', 'boot-failed', 'the machine powered itself off before anybody could log in'],
    ['loops', 'boot-failed', 'the machine rebooted itself 4 times without coming up'],
    ['no-root', 'boot-failed', 'the kernel panicked: VFS: Unable to mount root fs on unknown-block(0,0)'],
    ['late', 'boot-failed', 'not ready after 5 s: '],
    ['dies', 'infra-error', 'QEMU was killed by SIGKILL: qemu: no memory'],
    ['paused', 'infra-error', 'QEMU stopped the machine: the disk of the host is full'],
    ['corrupt', 'image-error', 'QEMU found the image corrupt'],
    ['cancel', 'cancelled', 'the run was cancelled'],
  ])('because it %s is gone when that is told, with its last words', async (fate, outcome, message) => {
    const { error, boots, left, wrote, result } = await bring({ boot: fate, stderr: 'qemu: no memory\n', screenshot: Buffer.from('png') })
    expect(error).toMatchObject({ outcome, message: expect.stringContaining(message) as string })
    expect(boots.at(-1)).toMatchObject({ outcome, message: error?.message })
    expect(left).toBe(0)
    expect(wrote.filter((text) => !text.startsWith('console'))).toEqual([
      'screen: png',
      'log: qemu-system-x86_64 -name machine\n\nqemu: no memory\n',
    ])
    expect(result.machines[0]?.qemuLog).toBe('qemu: no memory')
  })

  it('has a boot for each time that it rebooted itself', async () => {
    const { boots } = await bring({ boot: 'loops' })
    expect(boots.map(({ outcome }) => outcome)).toEqual(['rebooted', 'rebooted', 'rebooted', 'boot-failed'])
  })

  it('did not even start: what QEMU said is kept', async () => {
    const { error, boots, wrote, result } = await bring({ boot: 'not-started', stderr: 'qemu: bad option\n' })
    expect(error).toMatchObject({ outcome: 'infra-error', message: 'QEMU refuses' })
    expect(boots).toMatchObject([{ outcome: 'infra-error', message: 'QEMU refuses', stages: [] }])
    expect(wrote).toEqual(['log: qemu-system-x86_64\n\nqemu: bad option\n'])
    expect(result.machines[0]?.argv).toEqual(['qemu-system-x86_64'])
  })

  it('is the host’s fault where what runs it stands still', async () => {
    const { error } = await bring({ boot: 'stands-still' }, { spec: { accelerator: 'kvm' } })
    expect(error).toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/^QEMU itself stands still: not ready after 5 s/) as string,
    })
  })

  it.each<[string, boolean, number, number]>([
    ['a default limit', false, 3, 15_000],
    ['a number of the user', true, 3, 5000],
  ])('is waited for as long as %s allows on a slow host', async (_, written, slowdown, tookMs) => {
    expect((await bring({ boot: 'late' }, { slowdown, spec: { bootTimeout: { ms: 5000, written } } })).tookMs).toBe(tookMs)
  })
})

describe('who is logged in', () => {
  const asked = async (change: Change, console?: string): Promise<readonly string[]> => {
    let logins: () => readonly Login[] = () => []
    await bring(console === undefined ? {} : { console }, {
      ...change,
      waitReady: (waitReady) => async (request) => {
        const ready = await waitReady(request)
        logins = request.logins
        return ready
      },
    })
    return logins().map(({ user, auth }) => `${user} by ${auth.kind}`)
  }
  const access = { provisioning: 'none' } as const

  it.each<[string, Change, string[]]>([
    ['the user that the job names', { spec: { access: { ...access, loginUser: 'me' } } }, ['me by key']],
    ['the image’s own', { spec: { access }, image: { loginUser: 'cirros' } }, ['cirros by key']],
    [
      'with the key and the password of the job too',
      { spec: { access: { ...spec.access, sshKey: 'KEY', password: 'secret' } } },
      ['root by key', 'root by key', 'root by password'],
    ],
  ])('is %s', async (_, change, logins) => {
    expect(await asked(change)).toEqual(logins)
  })

  it('is who is usual for the name, then all that are usual, where nothing tells', async () => {
    const users = ['fedora', 'cloud-user', 'debian', 'ubuntu', 'almalinux', 'rocky', 'root']
    expect(await asked({ spec: { access } })).toEqual(users.map((user) => `${user} by key`))
  })

  it('is first of all who the console greets', async () => {
    const logins = await asked(
      { spec: { access }, image: { facts: { ...disks.facts, asked: 'disk.qcow2' } } },
      'Debian GNU/Linux 13 debian ttyS0\n',
    )
    expect(logins[0]).toBe('debian by key')
  })
})

describe('warnings', () => {
  const userData = { text: '#cloud-config\nusers: [{name: me}]\n', from: 'user-data' }
  const doubtful: Change = { spec: { access: { provisioning: 'cloud-init', userData } } }

  it('of what was asked come with the first machine only', async () => {
    expect((await bring({}, doubtful)).result.warnings).toEqual([expect.stringContaining('lists `users` without `default`')])
    expect((await bring({}, { ...doubtful, attempt: 2 })).result.warnings).toEqual([])
  })

  it('tell when the guest has host keys of its own', async () => {
    const { result } = await bring(
      {},
      {
        spec: { access: { ...spec.access, password: 'secret' } },
        waitReady: (waitReady) => (request) => {
          request.onOwnHostKey?.()
          return waitReady(request)
        },
      },
    )
    expect(result.warnings).toEqual([expect.stringContaining('the guest has host keys of its own')])
  })

  it('tell a box’s host key, which nobody knew', async () => {
    const { result } = await bring(
      {},
      {
        image: { box: { user: 'vagrant', password: 'vagrant' } },
        waitReady: (waitReady) => async (request) => ({ ...(await waitReady(request)), hostKey: 'SHA256:one' }),
      },
    )
    expect(result.warnings.join()).toContain('the box has a host key of its own, which is known only from the first connection: SHA256:one')
  })
})
