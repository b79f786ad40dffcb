import { describe, expect, it } from 'vitest'
import { createDiagnosis } from '../../../src/diagnosis/diagnosis'
import { manualClock, noPolicy, watched } from './samples'

const panic = '[    1.5] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)'
const denied = (name: string): string => `[    9.0] audit: type=1400 audit(1.1:1): avc:  denied  { read } for  comm="${name}"`
const unit = (name: string): string => `[FAILED] Failed to start ${name}.service - ${name}.`

describe('a fatal finding', () => {
  it('is announced with its first line, and told when the console is quiet', async () => {
    const { clock, advance } = manualClock()
    const { feed, findings, fatals } = watched({ clock })
    feed(`[    1.4] VFS: Cannot open root device "vda9"\n${panic}\n[    1.5] CPU: 0 PID: 1 Comm: swapper/0\n`)
    expect(fatals).toEqual([{ rule: 'kernel-panic', text: panic, line: 2, atMs: 2, hostCaused: false }])
    expect(findings).toEqual([])
    await advance(200)
    feed('[    1.6] Call Trace:\n')
    await advance(200)
    expect(findings).toEqual([])
    await advance(300)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      ...{
        rule: 'kernel-panic',
        severity: 'fatal',
        gating: true,
        machine: 'machine',
        source: 'console',
        stage: 'firmware',
        line: 2,
        atMs: 2,
      },
      summary: 'the kernel panicked: VFS: Unable to mount root fs on unknown-block(0,0), after “Cannot open root device "vda9"”',
    })
    expect(findings[0]?.hint).toContain('virtio_blk')
    expect(findings[0]?.block.split('\n')).toHaveLength(4)
  })

  it('is told at once when its block ends or when it is asked for', () => {
    const ended = watched()
    ended.feed(`${panic}\n---[ end Kernel panic - not syncing: VFS ]---\n`)
    expect(ended.findings).toHaveLength(1)
    const flushed = watched()
    flushed.feed(`${panic}\n`)
    flushed.diagnosis.flush()
    flushed.diagnosis.flush()
    expect(flushed.findings).toHaveLength(1)
  })

  it('keeps what follows from becoming findings of its own, also after it was told', async () => {
    const { clock, advance } = manualClock()
    const { diagnosis, feed, findings, fatals } = watched({ clock })
    feed(`${panic}\n`)
    await advance(300)
    await advance(300)
    feed(`[    1.6] Call Trace:\n${unit('a')}\n[    1.7] BUG: kernel NULL pointer dereference, address: 0\n${panic}\n`)
    diagnosis.flush()
    expect(findings).toHaveLength(1)
    expect(fatals).toHaveLength(1)
  })

  it('interrupts what is less bad', () => {
    const { diagnosis, feed, findings } = watched()
    feed(
      `[    1.1] BUG: kernel NULL pointer dereference, address: 0\n[    1.2] Oops: 0002 [#1] SMP\n[    1.3] Kernel panic - not syncing: Fatal exception\n`,
    )
    diagnosis.flush()
    expect(findings.map(({ rule }) => rule)).toEqual(['kernel-panic'])
    expect(findings[0]?.block).toMatch(/^\[ {4}1\.1\] BUG[^]*Fatal exception$/)
  })

  it('says when the host is to blame', () => {
    const words = "[    0.2] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug and send a report."
    const emulated = watched()
    emulated.feed(`${words}\n`)
    emulated.diagnosis.flush()
    expect(emulated.fatals[0]).toMatchObject({ rule: 'host-panic', hostCaused: true })
    expect(emulated.findings[0]).toMatchObject({ severity: 'suspect-host', gating: false, hostCaused: true })
    const real = watched({ accelerator: 'remote' })
    real.feed(`${words}\n`)
    real.diagnosis.flush()
    expect(real.fatals[0]).toMatchObject({ rule: 'host-panic', hostCaused: false })
    expect(real.findings[0]).toMatchObject({ severity: 'fatal', gating: true })
    expect(real.findings[0]).not.toHaveProperty('hostCaused')
  })

  it('is the host’s when the emulator lost a timer, which shows in the middle of a stall', () => {
    const { diagnosis, feed, findings, fatals } = watched()
    feed(
      [
        '[   43.117047] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
        '[   43.118194] Sending NMI from CPU 1 to CPUs 0:',
        "[   43.119633] rcu: rcu_preempt kthread timer wakeup didn't happen for 5254 jiffies! g-1151 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402",
        '[   43.120117] rcu: \tPossible timer handling issue on cpu=0 timer-softirq=7\n',
      ].join('\n'),
    )
    diagnosis.flush()
    expect(fatals).toMatchObject([{ rule: 'lost-timer', hostCaused: true }])
    expect(findings.at(-1)).toMatchObject({ rule: 'lost-timer', severity: 'suspect-host', gating: false, hostCaused: true })
  })

  it('may be a prompt, is told once however often it is looked at, and needs no line end', () => {
    const { diagnosis, feed, findings, fatals } = watched()
    feed('Welcome to GRUB!\r\nerror: no such device: 1234.\r\nEntering rescue mode...\r\ngrub')
    feed(' rescue> ')
    feed('\x1b[?25h')
    feed('ls\r\n(hd0)\r\ngrub rescue> ')
    diagnosis.flush()
    expect(fatals.map(({ rule }) => rule)).toEqual(['grub-rescue'])
    expect(findings.filter(({ severity }) => severity === 'fatal')).toHaveLength(1)
    const shell = watched()
    shell.feed('BdsDxe: starting Boot0002 "EFI Internal Shell"\r\n\x1b[08;01H\x1b[1m\x1b[33mShell> \x1b[0m')
    shell.diagnosis.flush()
    expect(shell.findings[0]).toMatchObject({ rule: 'uefi-shell', line: 2 })
  })
})

describe('the chain of a boot', () => {
  const emergency =
    '[FAILED] Failed to mount sysroot.mount - /sysroot.\n[DEPEND] Dependency failed for initrd-root-fs.target - Initrd Root File System.\n[  OK  ] Reached target emergency.target - Emergency Mode.\n'

  it('is one finding, told by its first cause', () => {
    const { diagnosis, feed, findings } = watched({ accelerator: 'kvm' })
    feed(`[    2.1] XFS (vda4): Superblock has unknown incompatible features (0x20) enabled.\n${'[    2.2] a\n'.repeat(40)}${emergency}`)
    diagnosis.flush()
    expect(findings).toMatchObject([{ rule: 'emergency-mode', severity: 'fatal' }])
    expect(findings[0]?.summary).toContain('after “XFS (vda4): Superblock has unknown incompatible features (0x20) enabled”')
    expect(findings[0]?.hint).toContain('mkfs')
    expect(findings[0]?.block).toMatch(/^\[ {4}2\.1\] XFS[^]*\n…\n[^]*Emergency Mode/)
  })

  it('tells what failed when the system comes up all the same', () => {
    const { diagnosis, feed, findings } = watched({ accelerator: 'kvm' })
    feed('[FAILED] Failed to mount data.mount - /data.\n[DEPEND] Dependency failed for a.service - A.\n')
    expect(findings).toEqual([])
    diagnosis.setPhase('running')
    expect(findings).toMatchObject([{ rule: 'mount-unit-failed', severity: 'error', gating: false }])
  })

  it('is the host’s when a time-out of the guest began it under emulation', () => {
    for (const accelerator of ['tcg', 'kvm'] as const) {
      const { diagnosis, feed, findings } = watched({ accelerator })
      feed(
        '[ TIME ] Timed out waiting for device dev-disk-by\\x2duuid-8729\\x2dD09D.device - /dev/disk/by-uuid/8729-D09D.\n[DEPEND] Dependency failed for boot-efi.mount - /boot/efi.\nYou are in emergency mode.\n',
      )
      diagnosis.flush()
      expect(findings).toHaveLength(1)
      expect(findings[0]?.hostCaused).toBe(accelerator === 'tcg' ? true : undefined)
      expect(findings[0]?.gating).toBe(accelerator === 'kvm')
    }
  })
})

describe('a question to a human', () => {
  const question = 'Please enter passphrase for disk vda3 (luks-9f1c):'

  it('ends a boot that stands still with it', async () => {
    const { clock, advance } = manualClock()
    const { feed, fatals } = watched({ clock, accelerator: 'kvm' })
    feed(question)
    await advance(1000)
    expect(fatals).toEqual([])
    await advance(1000)
    expect(fatals).toMatchObject([{ rule: 'passphrase-asked' }])
  })

  it('ends no boot in which something else answers it', async () => {
    const { clock, advance } = manualClock()
    const { diagnosis, feed, fatals, findings } = watched({ clock, accelerator: 'kvm' })
    feed(`${question}\n`)
    await advance(1000)
    feed('[  OK  ] Found device dev-mapper-root.device - /dev/mapper/root.\n')
    await advance(60_000)
    diagnosis.setPhase('running')
    diagnosis.flush()
    expect([...fatals, ...findings]).toEqual([])
  })
})

describe('blocks', () => {
  it('hold the last eight lines before a fatal one when nothing is known to have led to it', () => {
    const { diagnosis, feed, findings } = watched()
    feed(`${Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n')}\n[    1.3] Kernel panic - not syncing: sysrq\n`)
    diagnosis.flush()
    expect(findings[0]?.block.split('\n')).toEqual([
      ...Array.from({ length: 8 }, (_, index) => `line ${index + 42}`),
      '[    1.3] Kernel panic - not syncing: sysrq',
    ])
  })

  it('end after their longest length', () => {
    const { diagnosis, feed, findings } = watched()
    feed(`${panic}\n${'x\n'.repeat(200)}[    9.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n`)
    diagnosis.flush()
    expect(findings.map(({ rule }) => rule)).toEqual(['kernel-panic', 'kernel-warning'])
    expect(findings[0]?.block.split('\n')).toHaveLength(60)
  })

  it('stay under 16 KiB, whatever is in them', () => {
    const { diagnosis, feed, findings } = watched()
    feed(`${`VFS: ${'€'.repeat(4000)}\n`.repeat(30)}${panic}\n${`${'€'.repeat(4000)}\n`.repeat(60)}`)
    diagnosis.flush()
    const block = findings[0]?.block ?? ''
    expect(Buffer.byteLength(block)).toBeLessThanOrEqual(16 * 1024)
    expect(block).toContain(panic)
  })

  it('are interrupted and go on', () => {
    const { diagnosis, feed, findings } = watched()
    feed(
      `[    1.1] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n${unit('a')}\n[    1.2] Call Trace:\n[    1.3]  <TASK>\n[    1.4] ---[ end trace 0 ]---\n`,
    )
    diagnosis.flush()
    expect(findings.map(({ rule }) => rule)).toEqual(['kernel-warning', 'failed-unit'])
    expect(findings[0]?.block).toMatch(/WARNING[^]*end trace/)
    expect(findings[0]?.block).not.toContain('FAILED')
  })

  it('tell apart units that fail one after the other', () => {
    const { diagnosis, feed, findings } = watched()
    feed(
      `${unit('a')}\nSee 'systemctl status a.service' for details.\n${unit('b')}\n[    9.1] systemd[1]: Failed to start c.service - c.\n${unit('c')}\n`,
    )
    diagnosis.flush()
    expect(findings.map(({ summary }) => summary)).toEqual(
      ['a', 'b', 'c'].map((name) => `a unit failed: Failed to start ${name}.service - ${name}`),
    )
  })

  it('do not leave a timer behind', async () => {
    const { clock, advance } = manualClock()
    const { diagnosis, feed, findings } = watched({ clock })
    diagnosis.setPhase('running')
    feed(`${unit('a')}\n`)
    diagnosis.flush()
    await advance(1000)
    feed(`${unit('b')}\n`)
    await advance(300)
    expect(findings).toHaveLength(2)
  })
})

describe('findings', () => {
  it('know the stage, the phase and the test that ran', () => {
    const { diagnosis, feed, findings } = watched()
    feed('tiny: sshd started\n')
    diagnosis.setTest('boot-1')
    feed(`${denied('a')}\n`)
    diagnosis.setTest(undefined)
    diagnosis.reach('ready', 0)
    diagnosis.setPhase('running')
    feed(`[   99.1] reboot: Power down\n`)
    diagnosis.setPhase('stopping')
    feed(`[   99.1] reboot: System halted\n`)
    diagnosis.flush()
    expect(findings.map(({ rule, severity, stage, test }) => [rule, severity, stage, test])).toEqual([
      ['selinux-denied', 'warn', 'sshd', 'boot-1'],
      ['power-off', 'warn', 'ready', undefined],
    ])
  })

  it('are kept twenty of a kind, with the number of the others at the end', () => {
    const { diagnosis, feed, findings } = watched()
    for (let index = 0; index < 500; index += 1) feed(`${denied(`a${index}`)}\n${unit(`u${index}`)}\n`)
    diagnosis.flush()
    diagnosis.flush()
    const kinds = (rule: string) => findings.filter((finding) => finding.rule === rule)
    expect(kinds('selinux-denied')).toHaveLength(21)
    expect(kinds('failed-unit')).toHaveLength(21)
    expect(findings.at(-1)?.summary).toMatch(/and 480 more of this kind$/)
    expect(findings.at(-1)?.block).toMatch(/… and 480 more$/)
    expect(diagnosis.findings).toEqual(findings)
  })

  it('may be told by others', () => {
    const { diagnosis, findings } = watched({ policy: { ...noPolicy, failOn: 'error' } })
    const found = { rule: 'cloud-init-error', severity: 'error', summary: 'it failed', hint: 'mend it', block: 'failed: runcmd' } as const
    diagnosis.report(found, 12)
    expect(findings[0]).toMatchObject({ ...found, gating: true, atMs: 12 })
  })

  it('outlive a reset, which ends what was open', () => {
    const { diagnosis, feed, findings } = watched()
    feed(`${panic}\n[    1.6] Rebooting in 1 seconds..\nhost login: `)
    diagnosis.restart()
    expect(findings).toHaveLength(1)
    feed(`\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS (version 1)\r\n${unit('a')}\r\n`)
    diagnosis.flush()
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(['kernel-panic', 'failed-unit'])
    expect(diagnosis.stage).toBe('firmware')
  })

  it('come from a journal as well, without stages', () => {
    const { diagnosis, feed, findings, stages } = watched({ source: 'journal' })
    diagnosis.reach('ready', 0)
    feed(
      'Nov 22 21:18:23 image-test kernel: BUG: kernel NULL pointer dereference, address: 0\nNov 22 21:18:24 image-test systemd[1]: Started sshd.service.\n',
    )
    diagnosis.flush()
    expect(findings).toMatchObject([{ rule: 'kernel-bug', source: 'journal', stage: 'ready' }])
    expect(stages).toEqual(['ready'])
  })
})

describe('recent', () => {
  it('gives the last lines and what stands on the unfinished one', () => {
    const { diagnosis, feed } = watched()
    feed(`${Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n\n')}\n[ *** ] A start job is running`)
    expect(diagnosis.recent(3)).toBe('line 98\nline 99\n[ *** ] A start job is running')
    expect(diagnosis.recent().split('\n')).toHaveLength(20)
  })
})

describe('a hostile console', () => {
  it('costs little memory', () => {
    const { diagnosis, feed, findings } = watched()
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const words = [
      panic,
      denied('a'),
      unit('a'),
      '[    1.1] Call Trace:',
      'grub> ',
      'host login: ',
      '\x1b[5;1Hx\x1b[6;1Hy',
      '\0'.repeat(300),
    ]
    for (let round = 0; round < 20_000; round += 1) feed(`${words[round % words.length] ?? ''}${round}\n`)
    diagnosis.flush()
    expect(findings.length).toBeLessThan(200)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60e6)
  })
})

it.each([
  'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [foo:12]',
  'INFO: task jbd2/vda1-8:201 blocked for more than 122 seconds.',
  'rcu: INFO: rcu_preempt self-detected stall on CPU',
])('does not hide an oops in the trace of what a busy host does: %s', (first) => {
  const { diagnosis, feed, findings } = watched()
  feed(`[   10.0] ${first}\n[   10.1] Call Trace:\n[   10.1]  <TASK>\n`)
  feed('[   10.5] Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP\n')
  feed('[   10.6] Call Trace:\n[   10.6] ---[ end trace 0000000000000000 ]---\n')
  diagnosis.flush()
  expect(findings.map(({ severity }) => severity)).toEqual(['suspect-host', 'error'])
})

it('tells one finding of a boot that failed, also of what it prints while its machine is ended', () => {
  const findings: string[] = []
  const diagnosis = createDiagnosis({
    machine: 'machine',
    source: 'console',
    policy: { failOn: 'default', ignore: [], require: [] },
    accelerator: 'tcg',
    onFinding: ({ rule }) => findings.push(rule),
  })
  const lines = ['Begin: Running /scripts/local-premount ... done.', 'ALERT!  LABEL=root does not exist.  Dropping to a shell!', '']
  lines.forEach((text, index) => {
    diagnosis.push({ text, line: index + 1, atMs: index, byte: 0, truncated: false })
  })
  diagnosis.flush()
  diagnosis.setPhase('stopping')
  diagnosis.push({ text: 'BusyBox v1.35.0 built-in shell (ash)', line: 4, atMs: 4, byte: 0, truncated: false })
  diagnosis.prompt('(initramfs) ', 5)
  diagnosis.flush()
  expect(findings).toEqual(['root-device-missing'])
})

describe('what others print on the console', () => {
  const rulesOf = (text: string): string[] => {
    const { diagnosis, feed, findings } = watched({ accelerator: 'kvm' })
    feed(text)
    diagnosis.flush()
    return findings.map(({ rule, severity }) => `${rule} ${severity}`)
  }

  it('is no panic of the machine when a program of it wrote it', () => {
    expect(rulesOf('[   30.1] tests[1422]: [    1.8] Kernel panic - not syncing: VFS: Unable to mount root fs\n')).toEqual([])
    expect(rulesOf('[   30.1] cloud-init[640]: You are in emergency mode. After logging in, type\n')).toEqual([])
  })

  it('counts when the kernel, systemd or the initramfs wrote it', () => {
    expect(rulesOf('[   30.1] kernel: Kernel panic - not syncing: sysrq triggered crash\n')).toEqual(['kernel-panic fatal'])
    expect(rulesOf('[   30.1][  T1422] Kernel panic - not syncing: sysrq triggered crash\n')).toEqual(['kernel-panic fatal'])
    expect(rulesOf('[   30.1] systemctl[701]: Failed to switch root: os-release file is missing.\n')).toEqual(['switch-root-failed fatal'])
    expect(rulesOf('[   30.1] appd[712]: segfault at 0 ip 00007f1c sp 00007ffd error 4 in libapp.so\n')).toEqual(['segfault error'])
  })

  it('is no failure of the machine when a container boots there, until the container has ended', () => {
    const boots = 'Spawning container web on /var/lib/machines/web.\n[FAILED] Failed to start ssh.service.\nYou are in emergency mode.\n'
    expect(rulesOf(boots)).toEqual([])
    expect(rulesOf(`${boots}[   31.0] Kernel panic - not syncing: sysrq triggered crash\n`)).toEqual(['kernel-panic fatal'])
    expect(rulesOf(`${boots}Container web has been shut down.\nYou are in emergency mode.\n`)).toEqual(['emergency-mode fatal'])
  })
})

describe('the first boot of an Ubuntu whose GRUB tries it without an initramfs', () => {
  const tries = 'GRUB_FORCE_PARTUUID set, attempting initrdless boot.\n'

  it('ends by no panic for want of a root, which GRUB takes for an answer', () => {
    const { diagnosis, feed, fatals, findings } = watched({ accelerator: 'kvm' })
    feed(`${tries}${panic}\n`)
    diagnosis.flush()
    expect([...fatals, ...findings]).toEqual([])
  })

  it('ends by a panic of its init, and by any of the boot after it', () => {
    const killed = watched({ accelerator: 'kvm' })
    killed.feed(`${tries}[    3.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n`)
    expect(killed.fatals).toMatchObject([{ rule: 'kernel-panic' }])
    const again = watched({ accelerator: 'kvm' })
    again.feed(`${tries}${panic}\n`)
    again.diagnosis.restart()
    again.feed(`${panic}\n`)
    expect(again.fatals).toMatchObject([{ rule: 'kernel-panic' }])
  })
})
