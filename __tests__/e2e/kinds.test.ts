// Kinds of machine: firmware, architecture, devices, and how our key gets in. All on real guests.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { flashFor } from '../../src/machines/qemu/firmware'
import { ensureQemu } from '../../src/machines/qemu/install'
import { guest } from '../guests'
import { home, runCli } from './cli'
import { explain, passes, small } from './passes'
import { appears, children, isQemu, isRunning, isTpm } from './processes'

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

// Nothing ends for its time before the test does.
const endless = ['--boot-timeout', '10h', '--timeout', '20h']

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

  it('with secure boot refuses an unsigned loader before any deadline, and the verdict says so', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny'), '--firmware', 'uefi-secure', '--commands', 'true', ...endless])
    expect(ran.result).toMatchObject({ outcome: 'boot-failed', message: 'secure boot refused what the image starts: Access Denied' })
    expect(ran.result.machines[0]?.firmware).toBe('uefi-secure')
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
    const ran = await runCli([
      ...small,
      '--image',
      await guest('tiny-arm64'),
      '--firmware',
      'uefi-secure',
      '--commands',
      'true',
      ...endless,
    ])
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
    expect(ran.result.attempts.map(({ outcome }) => outcome)).toEqual(['boot-failed', 'boot-failed'])
    expect(ran.result.findings.every(({ gating }) => !gating)).toBe(true)
  })

  it('are started from by SATA too; an image without its driver fails with a hint at the key', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny'), '--disk-bus', 'sata', '--commands', 'true'])
    expect(ran.result).toMatchObject({
      outcome: 'boot-failed',
      stage: 'initrd', // the boot loader and the kernel came off the disk
      message: 'the initramfs did not find the root device: LABEL=root does not exist',
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
