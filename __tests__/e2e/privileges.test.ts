// What QEMU may do on this host, and what it is asked before its guest runs.
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdtempSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDiskFile } from '../../src/formats/disk-file'
import type { Testbed } from '../../src/machines/provider'
import { thisHost } from '../../src/machines/qemu/host'
import { qemuPlan } from '../../src/machines/qemu/plan'
import { machineSpec } from '../support/machine-spec'
import { guest } from '../guests'
import { passes } from './passes'
import { appears, children, isQemu } from './processes'

const MiB = 1024 * 1024

// A qcow2 of 4 MiB where QEMU can read it.
const makeDisk = (options: readonly string[]): string => {
  const dir = mkdtempSync(join(tmpdir(), 'second-look-'))
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', 'other.qcow2', '4M'], { cwd: dir })
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, 'disk.qcow2', '4M'], { cwd: dir })
  for (const file of readdirSync(dir)) chmodSync(join(dir, file), 0o644)
  chmodSync(dir, 0o755)
  return join(dir, 'disk.qcow2')
}

interface Starting {
  readonly testbed: Promise<Testbed>
  readonly events: readonly string[]
}

// Starts a machine with a disk that was opened, but not inspected. meanwhile: what happens to it before the start.
const starting = async (
  path: string,
  virtualBytes: number,
  meanwhile: () => void = () => undefined,
  qemuArgs: readonly string[] = [],
): Promise<Starting> => {
  const events: string[] = []
  const file = await openDiskFile(path)
  meanwhile()
  const image = {
    disks: [{ path, file, format: 'qcow2', virtualBytes }],
    facts: { asked: path, verified: 'none', verifiedBy: 'nobody', bytes: 0, format: 'qcow2' },
    proof: () => Promise.reject(new Error('not asked for')),
  } as const
  const hardware = { tpm: false, diskBus: 'virtio', nic: 'virtio', nics: 1, emptyDisksBytes: [] } as const
  const spec = machineSpec({ memoryBytes: 256 * MiB, hardware, qemuArgs })
  const target = { arch: 'x86_64', firmware: 'bios', firmwareReason: 'asked for', bus: 'virtio', otherBuses: [], nic: 'virtio' } as const
  const accelerator = { kind: 'tcg', reason: 'asked for', slowdown: 1 } as const
  const planned = {
    name: spec.name,
    runBy: 'QEMU',
    ...target,
    accelerator,
    target,
    wanted: { spec, image, seed: { by: 'volume', files: [] } },
  } as const
  const testbed = qemuPlan({ machines: [planned], tool: '7.2.0', start: thisHost.startMachines }).start(
    { signal: new AbortController().signal, dir: join(dirname(path), 'run'), marker: 'second-look', onProgress: () => undefined },
    () => ({ console: () => undefined, event: ({ kind }) => events.push(kind) }),
  )
  return { testbed, events }
}

describe('QEMU', () => {
  it('runs without privileges: a user of its own, no new ones, system calls filtered, the image open for reading alone', async () => {
    const image = await guest('tiny')
    const seen: { status?: string; limits?: string; images?: readonly string[] } = {}
    await passes(['--image', image, '--commands', 'true'], undefined, async (pid) => {
      const qemu = await appears(() => children(pid, isQemu)[0])
      await appears(() => (/^Seccomp:\s+2$/m.test(readFileSync(`/proc/${qemu}/status`, 'utf8')) ? true : undefined))
      seen.status = readFileSync(`/proc/${qemu}/status`, 'utf8')
      seen.limits = readFileSync(`/proc/${qemu}/limits`, 'utf8')
      // By the descriptor's flags (octal): the two lowest bits are 0 for reading alone.
      seen.images = execFileSync('find', [`/proc/${qemu}/fd`, '-lname', image, '-printf', '%f\n'], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((fd) => /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${qemu}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '')
    })
    const { status = '' } = seen
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    if (process.getuid?.() === 0) {
      const [, real, effective] = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status)?.map(Number) ?? []
      expect(real).toBe(effective)
      expect(real).toBeGreaterThanOrEqual(61184)
      expect(real).toBeLessThanOrEqual(65519)
      expect(status).toMatch(/^Groups:\s*$/m)
    }
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'))
    expect(seen.limits).toMatch(/^Max core file size\s+0\s+0\s/m)
    expect(seen.limits).toMatch(/^Max address space\s+4831838208\s/m) // 512 MiB and 4 GiB
    expect(seen.images?.length).toBeGreaterThanOrEqual(1)
    for (const flags of seen.images ?? []) expect(Number.parseInt(flags, 8) & 3).toBe(0)
  })

  it.runIf(process.getuid?.() === 0)('runs as root without capabilities where nobody else may start it', async () => {
    const path = process.env.PATH ?? ''
    const closed = mkdtempSync(join(tmpdir(), 'root-only-'))
    symlinkSync(
      execFileSync('sh', ['-c', 'command -v qemu-system-x86_64'], { encoding: 'utf8' }).trim(),
      join(closed, 'qemu-system-x86_64'),
    )
    process.env.PATH = `${closed}:${path}`
    let status = ''
    try {
      await passes(['--image', await guest('tiny'), '--tpm', '--commands', 'true'], undefined, async (pid) => {
        const qemu = await appears(() => children(pid, isQemu)[0])
        status = readFileSync(`/proc/${qemu}/status`, 'utf8')
      })
    } finally {
      process.env.PATH = path
    }
    expect(status).toMatch(/^Uid:\s+0\s+0\s/m)
    expect(status).toMatch(/^CapPrm:\s+0+$/m)
    expect(status).toMatch(/^CapEff:\s+0+$/m)
  })

  it.each([
    ['names a backing file', ['-b', 'other.qcow2', '-F', 'qcow2'], 4 * MiB, 'it has a backing file'], // our own reader refuses it before
    ['has another size than we read', [], 8 * MiB, 'its disk has 4194304 bytes, and not 8388608'],
  ])('is asked what it reads, and starts no guest of an image that %s', async (_what, options, virtualBytes, difference) => {
    const path = makeDisk(options)
    const { testbed, events } = await starting(path, virtualBytes)
    await expect(testbed).rejects.toMatchObject({
      evidence: { argv: expect.arrayContaining(['qemu-system-x86_64']) as string[] }, // for qemu.log
      outcome: 'image-error',
      message: `QEMU reads ${path} otherwise than image-test: ${difference}`,
    })
    expect(events).toEqual(['gone']) // and never 'running'
  })

  // `secret` has the same size and format, and only root may read it.
  it.each<[string, (path: string, secret: string) => void]>([
    [
      'a link in its place',
      (path, secret) => {
        renameSync(path, `${path}.old`)
        symlinkSync(secret, path)
      },
    ],
    [
      'another name of another file in its place',
      (path, secret) => {
        linkSync(secret, `${path}.new`)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'other content',
      (path, secret) => {
        writeFileSync(path, readFileSync(secret))
      },
    ],
  ])('does not get an image that has %s since it was inspected', async (_what, exchange) => {
    const path = makeDisk([])
    const secret = join(dirname(path), 'other.qcow2')
    chmodSync(secret, 0o600)
    const { testbed, events } = await starting(path, 4 * MiB, () => {
      exchange(path, secret)
    })
    await expect(testbed).rejects.toMatchObject({ outcome: 'image-error', message: `${path} changed after it was read` })
    expect(events).toEqual([])
  })

  it('blames the image that it alone refuses, when it starts with an empty disk', async () => {
    const path = makeDisk([])
    const header = readFileSync(path)
    header.writeUInt8(8, 79) // the clusters are packed …
    header.writeUInt8(7, 104) // … in a way that this QEMU was not built with
    writeFileSync(path, header)
    const { testbed, events } = await starting(path, 4 * MiB)
    await expect(testbed).rejects.toMatchObject({
      evidence: { argv: expect.arrayContaining(['qemu-system-x86_64']) as string[] },
      outcome: 'image-error',
      message: expect.stringMatching(/^QEMU does not take \S+disk\.qcow2: .*compression type/i) as string,
    })
    expect(events).toEqual(['gone'])
  })

  it('blames the arguments of the job that it refuses', async () => {
    const { testbed } = await starting(makeDisk([]), 4 * MiB, undefined, ['-device', 'no-such-device'])
    await expect(testbed).rejects.toMatchObject({
      outcome: 'config-error',
      message: expect.stringMatching(/^QEMU does not take `qemu-args`: .*no-such-device/) as string,
    })
  })

  it('blames the host when it starts with nothing', async () => {
    const path = process.env.PATH ?? ''
    const bin = mkdtempSync(join(tmpdir(), 'no-luck-'))
    writeFileSync(join(bin, 'qemu-system-x86_64'), '#!/bin/sh\necho out of luck >&2\nexit 1\n', { mode: 0o755 })
    process.env.PATH = `${bin}:${path}`
    try {
      const { testbed } = await starting(makeDisk([]), 4 * MiB)
      await expect(testbed).rejects.toMatchObject({ outcome: 'infra-error', message: 'QEMU did not start: out of luck' })
    } finally {
      process.env.PATH = path
    }
  })

  it.each([1_000_000, 1_048_576])('reads as we do a qcow2 of %i bytes', async (bytes) => {
    const path = makeDisk([])
    const header = readFileSync(path)
    header.writeBigUInt64BE(BigInt(bytes), 24)
    writeFileSync(path, header)
    const { testbed, events } = await starting(path, bytes)
    await (await testbed)[Symbol.asyncDispose]()
    expect(events).toEqual(['running', 'gone'])
  })
})
