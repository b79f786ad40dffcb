// Kinds of machine: firmware, architecture, devices, and how our key gets in. All on real guests.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { qemuProvider } from '../../src/machines/qemu'
import { flashFor } from '../../src/machines/qemu/firmware'
import { ensureQemu } from '../../src/machines/qemu/install'
import { guest } from '../guests'
import { home, runCli, type Ran } from './cli'

const small = ['--memory', '512M']
const explain = ({ stderr, result }: Ran): string => `${stderr}\n${JSON.stringify(result.tests, undefined, 1)}`

const passes = async (flags: readonly string[], job?: string, during?: (pid: number) => Promise<void>): Promise<Ran> => {
  const ran = await runCli([...small, ...flags], job, home(), during)
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  expect(ran.left).toEqual([])
  return ran
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

// Processes with such an argument that a process started.
const children = (parent: number, argument: RegExp): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === parent && argument.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      } catch {
        return false // it ended meanwhile
      }
    })
    .map(Number)

const appears = async <T>(look: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = look()
    if (found !== undefined) return found
    await sleep(100)
  }
  throw new Error('it did not appear within a minute')
}

const isQemu = /^[^\0]*qemu-system-\w+\0-name\0/ // and not one that tells its version
const isTpm = /^swtpm/

describe('the firmware', () => {
  it('is a BIOS for a disk that boots by both, and the report says why', async () => {
    const ran = await passes(['--image', await guest('tiny'), '--commands', '! test -d /sys/firmware/efi'])
    expect(ran.result.machines[0]).toMatchObject({ firmware: 'bios', firmwareReason: 'the disk boots by BIOS and by UEFI', arch: 'x86_64' })
    expect(readFileSync(`${ran.reportDir}/summary.md`, 'utf8')).toContain('bios: the disk boots by BIOS and by UEFI')
  })

  it('is UEFI for a disk that has nothing else, with variables of its own', async () => {
    await ensureQemu({ signal: new AbortController().signal, firmware: 'uefi' })
    const { variables = '' } = flashFor('x86_64', 'uefi') ?? {}
    const before = sha256(variables)
    const ran = await passes(['--image', await guest('tiny-uefi'), '--commands', 'test -d /sys/firmware/efi'])
    expect(ran.result.machines[0]).toMatchObject({
      firmware: 'uefi',
      firmwareReason: 'the disk has EFI/BOOT/BOOTX64.EFI and no boot code for a BIOS',
    })
    expect(ran.result.machines[0]?.argv?.join(' ')).toContain('"filename":"machine.uefi-variables.fd"')
    expect(sha256(variables)).toBe(before)
  })

  it('with secure boot refuses an unsigned loader within seconds, and the verdict says so', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny'), '--firmware', 'uefi-secure', '--commands', 'true'])
    expect(ran.result).toMatchObject({ outcome: 'boot-failed', message: 'secure boot refused what the image starts: Access Denied' })
    expect(ran.result.machines[0]?.firmware).toBe('uefi-secure')
    const [boot] = ran.result.phases.filter(({ phase }) => phase === 'boot')
    expect(boot?.durationMs).toBeLessThan(30_000) // 5 s on an idle machine
  })

  it('with secure boot starts what is signed', async () => {
    const ran = await passes([
      '--image',
      await guest('tiny-secure'),
      '--firmware',
      'uefi-secure',
      '--commands',
      "sudo dmesg | grep -q 'Secure boot enabled'",
    ])
    expect(ran.result.machines[0]?.firmware).toBe('uefi-secure')
  })

  it('with secure boot refuses an unsigned loader for another processor too', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny-arm64'), '--firmware', 'uefi-secure', '--commands', 'true'])
    expect(ran.result).toMatchObject({ outcome: 'boot-failed', message: 'secure boot refused what the image starts: Access Denied' })
    expect(ran.result.machines[0]).toMatchObject({ arch: 'aarch64', firmware: 'uefi-secure' })
  })
})

describe('a TPM', () => {
  it('is one of version 2.0, and gone with the machine', async () => {
    let tpm: number | undefined
    const ran = await runCli(
      [...small, '--image', await guest('tiny'), '--tpm', '--commands', 'grep -qx 2 /sys/class/tpm/tpm0/tpm_version_major'],
      undefined,
      home(),
      async (pid) => {
        tpm = await appears(() => children(pid, isTpm)[0])
        expect(readFileSync(`/proc/${tpm}/status`, 'utf8')).toMatch(/^NoNewPrivs:\s+1$/m)
      },
    )
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(() => process.kill(tpm ?? 0, 0)).toThrow('ESRCH')
    expect(ran.left).toEqual([])
  })

  it('dies with us as QEMU does, even of SIGKILL', async () => {
    const folder = home()
    let pids: readonly number[] = []
    const ended = runCli([...small, '--image', await guest('tiny'), '--tpm', '--commands', 'sleep 100'], undefined, folder, async (pid) => {
      pids = await appears(() => {
        const found = [...children(pid, isQemu), ...children(pid, isTpm)]
        return found.length === 2 ? found : undefined
      })
      process.kill(pid, 'SIGKILL')
    })
    await expect(ended).rejects.toThrow('no result')
    await appears(() => (pids.some((pid) => isRunning(pid)) ? undefined : true))
  })
})

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('an image for another processor', () => {
  it('boots under emulation and runs a test', async () => {
    const ran = await passes(['--image', await guest('tiny-arm64'), '--commands', 'test "$(uname -m)" = aarch64'])
    expect(ran.result.machines[0]).toMatchObject({
      arch: 'aarch64',
      firmware: 'uefi',
      firmwareReason: 'a machine for aarch64 has nothing else',
    })
    expect(ran.result.machines[0]?.os).toMatchObject({ id: 'tiny-linux' })
  })
})

describe('disks and network cards', () => {
  it('come as many as asked, empty ones after the disk of the image', async () => {
    const ran = await passes(
      ['--image', await guest('tiny')],
      `
machine: { disks: [1G, 2G], nics: 2 }
tests:
  - { name: the image is first, run: test -e /sys/block/vda/vda2 }
  - { name: the first empty disk, run: cat /sys/block/vdb/size, expect: { stdout: "2097152" } }
  - { name: the second, run: cat /sys/block/vdc/size, expect: { stdout: "4194304" } }
  - { name: they can be written, run: 'dd if=/dev/zero of=/dev/vdc bs=1M count=8 conv=fsync', sudo: true }
  - { name: two network cards, run: test -e /sys/class/net/eth1 && ! test -e /sys/class/net/eth2 }
  - { name: on a network of its own, timeout: 30s, run: 'ifconfig eth1 up && udhcpc -i eth1 -n -q -t 5 -T 1 -s /usr/lib/udhcpc && ip -4 addr show eth1', sudo: true, expect: { stdout-matches: ' 10\\.0\\.3\\.' } }
`,
    )
    expect(ran.result.counts.passed).toBe(6)
  })

  it('are attached by virtio-scsi, seed and all', async () => {
    await passes([
      '--image',
      await guest('tiny'),
      '--disk-bus',
      'scsi',
      '--commands',
      'test -e /sys/block/sda/sda2 && ! test -e /sys/block/vda',
    ])
  })

  it('are attached by IDE for an image that knows nothing else', async () => {
    await passes(['--image', await guest('tiny-ide'), '--disk-bus', 'ide', '--commands', 'test -e /sys/block/sda/sda2'])
  })

  it('are attached by SATA for an image with a driver for that', async () => {
    await passes(['--image', await guest('tiny-sata'), '--disk-bus', 'sata', '--commands', 'test -e /sys/block/sda/sda2'])
  })

  it('are attached in turn by any bus until the image finds its root, where that is asked for', async () => {
    const ran = await passes(['--image', await guest('tiny-sata'), '--disk-bus', 'any', '--commands', 'test -e /sys/block/sda/sda2'])
    expect(ran.result.warnings).toEqual([
      'the image did not find its root at virtio: a fresh machine is tried with its disk at scsi; `disk-bus: scsi` saves this boot',
      'the image did not find its root at scsi: a fresh machine is tried with its disk at sata; `disk-bus: sata` saves this boot',
    ])
    expect(ran.result.machines[0]?.boots.map(({ outcome }) => outcome)).toEqual(['boot-failed', 'boot-failed', 'ready'])
    expect(ran.result.findings.every(({ gating }) => !gating)).toBe(true)
  })

  it('are started from by SATA too; an image without its driver fails with a hint at the key', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny'), '--disk-bus', 'sata', '--commands', 'true'])
    expect(ran.result).toMatchObject({
      outcome: 'boot-failed',
      stage: 'initrd', // the boot loader and the kernel came off the disk
      message: 'the initramfs did not find the root device: LABEL=root',
      hint: expect.stringContaining('needs `disk-bus: any`') as string,
    })
  })
})

describe('our key', () => {
  const mine = {
    ignition: { version: '3.4.0' },
    storage: { files: [{ path: '/etc/mine', contents: { source: `data:;base64,${btoa('mine\n')}` } }] },
  }
  it("gets in by Ignition, together with the user's own config", async () => {
    const ran = await passes(
      ['--image', await guest('tiny-ignition'), '--user-data', JSON.stringify(mine)],
      `
tests:
  - { run: id -un, expect: { stdout: core } }
  - { run: hostname, expect: { stdout: image-test } }
  - { run: cat /etc/mine, sudo: true, expect: { stdout: mine } }
  - { name: there is no other seed, run: '! test -e /sys/block/vdb' }
`,
    )
    expect(ran.result.machines[0]?.seed.map(({ path }) => path)).toEqual(['opt/com.coreos/config'])
  })

  it('gets in by a systemd credential, as root, when that is asked for', async () => {
    const ran = await runCli([
      ...['--memory', '1G', '--image', await guest('debian-cloud-init-disabled'), '--provisioning', 'systemd-credentials'],
      ...['--commands', 'test "$(id -un)" = root\ngrep -q image-test /root/.ssh/authorized_keys'],
    ])
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(ran.result.machines[0]?.seed.map(({ path }) => path)).toEqual(['io.systemd.credential.binary:ssh.authorized_keys.root'])
  })
})

describe('QEMU', () => {
  it('runs without privileges: a user of its own, no new ones, system calls filtered, the image open for reading alone', async () => {
    const image = await guest('tiny')
    const seen: { status?: string; limits?: string; images?: readonly string[] } = {}
    const ran = await runCli([...small, '--image', image, '--commands', 'true'], undefined, home(), async (pid) => {
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
    expect(ran.result.outcome, explain(ran)).toBe('passed')
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

  // Our own reader, which refuses the first before any program opens it, is left out.
  it.each([
    ['names a backing file', ['-b', 'other.qcow2', '-F', 'qcow2'], 4, 'it has a backing file'],
    ['has another size than we read', [], 8, 'its disk has 4194304 bytes, and not 8388608'],
  ])('is asked what it reads, and starts no guest of an image that %s', async (_what, options, mebibytes, difference) => {
    const dir = mkdtempSync(join(tmpdir(), 'second-look-'))
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', 'other.qcow2', '4M'], { cwd: dir })
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, 'disk.qcow2', '4M'], { cwd: dir })
    for (const file of readdirSync(dir)) chmodSync(join(dir, file), 0o644)
    chmodSync(dir, 0o755)
    const path = join(dir, 'disk.qcow2')
    const events: string[] = []
    const started = qemuProvider({ arch: 'x86_64', accelerator: 'tcg' }).start(
      [
        {
          name: 'machine',
          image: {
            disks: [{ path, format: 'qcow2', virtualBytes: mebibytes * 1024 * 1024 }],
            facts: { asked: path, verified: 'none', verifiedBy: 'nobody', bytes: 0, format: 'qcow2' },
            proof: () => Promise.reject(new Error('not asked for')),
          },
          arch: 'x86_64',
          memoryBytes: 256 * 1024 * 1024,
          cpus: 1,
          firmware: 'bios',
          hardware: { tpm: false, diskBus: 'virtio', nic: 'virtio', nics: 1, emptyDisksBytes: [] },
          seed: { by: 'volume', files: [] },
          qemuArgs: [],
        },
      ],
      { accelerator: { kind: 'tcg', reason: 'asked for', slowdown: 1 }, tool: '7.2.0' },
      { signal: new AbortController().signal, dir: join(dir, 'run'), marker: 'second-look' },
      () => ({ console: () => undefined, event: ({ kind }) => events.push(kind) }),
    )
    await expect(started).rejects.toMatchObject({
      outcome: 'image-error',
      message: `QEMU reads ${path} otherwise than image-test: ${difference}`,
    })
    expect(events).toEqual(['gone']) // and never 'running'
  })
})
