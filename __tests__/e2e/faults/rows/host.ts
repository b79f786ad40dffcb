import assert from 'node:assert/strict'
import { accessSync, chmodSync, chownSync, constants, copyFileSync, existsSync, writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guest } from '../../../guests'
import { node20, type Step } from '../../runner'
import { nodeBy, notRoot, pathOf, programPath, smallDisk } from '../host'
import type { Evidence, Expected, Prepared, Row, Run } from '../row'

const row = (name: string, expected: Partial<Expected> & Pick<Expected, 'verdict'>, given: Partial<Row>): Row => ({
  name,
  group: 'host',
  quick: false,
  guest: 'tiny',
  ...given,
  inputs: given.job === undefined ? { commands: 'echo here; sleep 5', ...given.inputs } : { ...given.inputs },
  expected: { withinSeconds: 120, ...expected },
})

const killQemu =
  (moment: RegExp, times: number) =>
  async ({ seen, qemu, faultNow }: Run): Promise<void> => {
    for (let time = 1; time <= times; time += 1) {
      await seen(new RegExp(`(?:${moment.source}[^]*){${time}}`))
      process.kill(await qemu(), 'SIGKILL')
      faultNow()
    }
  }
const stopQemu =
  (moment: RegExp) =>
  async ({ seen, qemu, faultNow }: Run): Promise<void> => {
    await seen(moment)
    process.kill(await qemu(), 'SIGSTOP')
    faultNow()
  }
const inBoot = /s {2}kernel\n/
const inTests = / │ here\n/
const killed = /QEMU was killed by SIGKILL/
const retried = /attempt 1 of 2 failed because of the host: /
const twice = { withinSeconds: 200 }

// Somebody else runs it, who may not open /dev/kvm, with an image that he may read.
const asNobody = async (step: Step): Promise<Prepared> => {
  const image = join(step.dir, 'tiny.qcow2')
  copyFileSync(await guest('tiny'), image)
  const commandFiles = ['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'].map((name) => join(step.dir, `GITHUB_${name}`))
  for (const file of commandFiles) writeFileSync(file, '')
  for (const path of [step.dir, step.workspace, step.temp, image, ...commandFiles]) chownSync(path, nobody, nobody)
  return {
    inputs: { image },
    node: nodeBy(step, 'setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'),
  }
}
const nobody = 65534

const noKvmForNobody = (): string | undefined => notRoot() ?? (existsSync('/dev/kvm') ? undefined : 'there is no /dev/kvm')

const aptThat = (script: string, hidden = /^(qemu|apt)/) => ({
  prepare: (step: Step): Prepared => ({ env: { PATH: pathOf(step, hidden, { 'apt-get': script }), APT_LOG: join(step.dir, 'apt.log') } }),
})

// QEMU as it is, but under KVM the probe of the accelerator meets this, and a machine has a firmware of nothing but HLT.
const kvmThat = (probe: string): Partial<Row> => ({
  unless: noKvm,
  prepare: (step) => {
    const firmware = join(step.dir, 'firmware')
    writeFileSync(firmware, Buffer.alloc(64 * 1024, 0xf4))
    const qemu = [
      'case "$*" in',
      `*isa-debug-exit*) ${probe} ;;`,
      '*"-accel kvm"*)',
      '  for word; do shift; case $word in kvm) word=tcg ;; host) word=max ;; esac; set -- "$@" "$word"; done',
      `  set -- "$@" -bios ${firmware} ;;`,
      'esac',
      `exec ${programPath('qemu-system-x86_64')} "$@"`,
    ]
    return { env: { PATH: pathOf(step, /^$/, { 'qemu-system-x86_64': qemu.join('\n') }) } }
  },
})

const noKvm = (): string | undefined => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return undefined
  } catch {
    return 'there is no /dev/kvm that we may open'
  }
}

const emulatedBecause =
  (reason: RegExp) =>
  ({ result }: Evidence): void => {
    assert.equal(result.machines[0]?.accelerator.kind, 'tcg')
    assert.match(result.machines[0].accelerator.reason, reason)
  }

// The panic comes from a guest that a small disk of ours tells to panic, and that takes the word off the disk when it is `once`.
const panicking = (word: 'once' | 'always'): Partial<Row> => ({
  guest: 'host-panic',
  prepare: ({ dir }) => {
    const disk = join(dir, 'fault.img')
    const sector = Buffer.alloc(1024 * 1024)
    sector.write(word)
    writeFileSync(disk, sector)
    return {
      inputs: {
        'qemu-args': `-blockdev driver=raw,node-name=fault,file.driver=file,file.filename=${disk} -device virtio-blk-pci,drive=fault,serial=fault`,
      },
    }
  },
})

// A network of its own with few ports to give away, and somebody who has them all; `at first`: until QEMU was refused one.
const noPort =
  (taken: 'taken at first' | 'taken for good') =>
  (step: Step): Prepared => {
    const listener = join(step.dir, 'listener.cjs')
    const [first, last] = [40_000, 40_199]
    const lines = [
      "const servers = require('node:net')",
      `for (let port = ${first}; port <= ${last}; port += 1)`,
      `  servers.createServer().listen(port, '127.0.0.1', () => port === ${last} && console.log('listening'))`,
    ]
    if (taken === 'taken at first') lines.push(`require('node:fs').watch('${step.dir}', (_, name) => name === 'refused' && process.exit())`)
    writeFileSync(listener, lines.join('\n'))
    const node = join(step.dir, 'node')
    const script = [
      '#!/bin/sh',
      '[ "$1" = inside ] || exec unshare --net -- "$0" inside "$@"',
      'shift',
      'ip link set lo up',
      `echo "${first} ${last}" >/proc/sys/net/ipv4/ip_local_port_range`,
      `setpriv --pdeathsig KILL ${node20} ${listener} >${step.dir}/listening &`, // of this process, which Node becomes
      `until [ -s ${step.dir}/listening ]; do sleep 0.05; done`,
      `exec ${node20} "$@"`,
    ]
    writeFileSync(node, `${script.join('\n')}\n`, { mode: 0o755 })
    const qemu = programPath('qemu-system-x86_64')
    const wrapper = [
      `if [ "$1" = -name ] && [ ! -e ${step.dir}/refused ]; then ${qemu} "$@"; touch ${step.dir}/refused; exit 1; fi`, // it is refused at once
      `exec ${qemu} "$@"`,
    ]
    return { node, env: { PATH: pathOf(step, /^$/, { 'qemu-system-x86_64': wrapper.join('\n') }) } }
  }

export const host: readonly Row[] = [
  row(
    'QEMU is killed after a test has failed',
    {
      verdict: 'failed',
      message: /1 of 2 tests failed: .*; after that the host failed: .*QEMU was killed/s,
      tests: { fails: 'failed', waits: 'error' },
    },
    {
      quick: true,
      job: 'tests:\n  - {id: fails, run: exit 1}\n  - {id: waits, run: echo here; sleep 60}\n',
      during: killQemu(inTests, 1),
    },
  ),
  row(
    'QEMU is killed once while the machine boots',
    { verdict: 'passed', warning: retried, ...twice },
    { quick: true, during: killQemu(inBoot, 1) },
  ),
  row(
    'QEMU is killed whenever the machine boots',
    { verdict: 'infra-error', message: killed, warning: retried, ...twice },
    { during: killQemu(inBoot, 2) },
  ),
  row('QEMU is killed once during a test', { verdict: 'passed', warning: retried, ...twice }, { during: killQemu(inTests, 1) }),
  row(
    'QEMU is killed during a test of the only attempt',
    { verdict: 'infra-error', message: killed, reactSeconds: 5, tests: { one: 'passed', two: 'error', three: 'not-run' } },
    {
      quick: true,
      latency: 'QEMU’s death',
      inputs: { 'boot-attempts': '1' },
      job: 'tests:\n  - {id: one, run: exit 0}\n  - {id: two, run: echo here; sleep 100}\n  - {id: three, run: exit 0}\n',
      during: killQemu(inTests, 1),
    },
  ),
  row(
    'QEMU is killed during every test',
    { verdict: 'infra-error', message: killed, warning: retried, ...twice },
    {
      inputs: { commands: 'echo here; sleep 100' },
      during: killQemu(inTests, 2),
    },
  ),
  row(
    'QEMU is killed while the machine reboots',
    { verdict: 'infra-error', message: killed },
    {
      job: 'tests:\n  - {id: reboot, reboot: true}\n  - {id: after, run: exit 0}\n',
      inputs: { 'boot-attempts': '1' },
      during: killQemu(/s {2}kernel\n[^]*s {2}kernel\n/, 1),
    },
  ),
  row(
    'QEMU is killed during the teardown',
    { verdict: 'infra-error', message: killed, tests: { one: 'passed', tidy: 'error' } },
    {
      job: 'tests:\n  - {id: one, run: exit 0}\nteardown:\n  - {id: tidy, run: echo here; sleep 100}\n',
      inputs: { 'boot-attempts': '1' },
      during: killQemu(inTests, 1),
    },
  ),
  row(
    'QEMU is killed at once, by whoever it is',
    { verdict: 'infra-error', message: /QEMU/, ...twice },
    {
      during: async ({ qemu, ended }) => {
        while (!ended()) {
          await qemu(60)
            .then((pid) => process.kill(pid, 'SIGKILL'))
            .catch(() => undefined)
          await sleep(10)
        }
      },
    },
  ),
  row(
    'QEMU stands still during a test',
    { verdict: 'infra-error', message: /^QEMU itself stands still: /, reactSeconds: 70 },
    { inputs: { commands: 'echo here; sleep 100', 'boot-attempts': '1' }, during: stopQemu(inTests) },
  ),
  row(
    'QEMU stands still while the machine boots',
    { verdict: 'infra-error', message: /^QEMU itself stands still: /, withinSeconds: 75 },
    { inputs: { 'boot-timeout': '30s', 'boot-attempts': '1' }, during: stopQemu(/s {2}firmware\n/) },
  ),
  row(
    'the panic of a busy host, once',
    { verdict: 'passed', warning: /attempt 1 of 2 failed .*IO-APIC/, ...twice },
    { quick: true, ...panicking('once') },
  ),
  row(
    'the panic of a busy host, always',
    { verdict: 'infra-error', message: /IO-APIC \+ timer/, warning: /attempt 1 of 2 failed .*IO-APIC/, ...twice },
    panicking('always'),
  ),
  row(
    'QEMU is missing and there is no apt',
    { verdict: 'infra-error', message: /not found, and there is no apt-get/, withinSeconds: 30 },
    {
      quick: true,
      prepare: (step) => ({ env: { PATH: pathOf(step, /^(qemu|apt)/) } }),
    },
  ),
  row(
    'QEMU is missing and apt fails',
    { verdict: 'infra-error', message: /could not be installed: .*Unable to locate package/, withinSeconds: 30 },
    {
      quick: true,
      ...aptThat('echo "E: Unable to locate package qemu-system-x86" >&2; exit 100'),
    },
  ),
  row(
    'QEMU is missing and apt installs something else',
    { verdict: 'infra-error', message: /although apt-get installed/, withinSeconds: 30 },
    {
      quick: true,
      ...aptThat('exit 0'),
    },
  ),
  row(
    'QEMU is missing and apt hangs until the job’s time is up',
    { verdict: 'timed-out', withinSeconds: 30 },
    {
      quick: true,
      inputs: { timeout: '5s' },
      ...aptThat('sleep 3333'),
    },
  ),
  row(
    'QEMU is missing and apt hangs',
    { verdict: 'infra-error', message: /did not end within 300 s/, withinSeconds: 330 },
    aptThat('exec sleep 3333'),
  ),
  row(
    'QEMU is missing and apt hangs, with a child that holds its output',
    { verdict: 'infra-error', message: /did not end within 300 s/, withinSeconds: 330 },
    aptThat('sleep 3333'),
  ),
  row('KVM may not work: what is chosen works', { verdict: 'passed', withinSeconds: 150 }, { inputs: { accelerator: 'auto' } }),
  row(
    'KVM that runs no guest, not even the probe',
    { verdict: 'passed', withinSeconds: 150, check: emulatedBecause(/did not finish under KVM/) },
    { inputs: { accelerator: 'auto' }, ...kvmThat('exec sleep 60') },
  ),
  row(
    'KVM that runs no guest is asked for',
    { verdict: 'infra-error', message: /kvm was asked for, but .*did not finish under KVM/, withinSeconds: 30 },
    { quick: true, inputs: { accelerator: 'kvm' }, ...kvmThat('exec sleep 60') },
  ),
  row(
    'KVM that refuses',
    { verdict: 'passed', withinSeconds: 150, check: emulatedBecause(/could not run a test guest under KVM: .*permission/) },
    { inputs: { accelerator: 'auto' }, ...kvmThat('echo "failed to initialize kvm: permission" >&2; exit 1') },
  ),
  row(
    'KVM that runs the probe and nothing else',
    { verdict: 'passed', warning: retried, withinSeconds: 200, check: emulatedBecause(/did not get past its firmware/) },
    { inputs: { accelerator: 'auto', 'boot-timeout': '40s' }, ...kvmThat('exit 85') },
  ),
  row(
    'KVM without permission',
    {
      verdict: 'passed',
      withinSeconds: 150,
      check: emulatedBecause(/may not be opened by this user/),
    },
    { inputs: { accelerator: 'auto' }, unless: noKvmForNobody, prepare: asNobody },
  ),
  row(
    'KVM without permission is asked for',
    { verdict: 'infra-error', message: /may not be opened by this user/, withinSeconds: 30 },
    {
      quick: true,
      inputs: { accelerator: 'kvm' },
      unless: noKvmForNobody,
      prepare: asNobody,
    },
  ),
  row(
    'every port is taken',
    { verdict: 'infra-error', message: /QEMU did not start: .*forwarding/, warning: retried, withinSeconds: 60 },
    { unless: notRoot, prepare: noPort('taken for good') },
  ),
  row(
    'every port is taken at first',
    { verdict: 'passed', warning: retried, ...twice },
    { quick: true, unless: notRoot, prepare: noPort('taken at first') },
  ),
  row(
    'the disk of the host runs full under the machine',
    { verdict: 'infra-error', message: /QEMU stopped the machine: the disk of the host is full/, tests: { writes: 'error' }, ...twice },
    {
      unless: notRoot,
      inputs: { disk: '1G' },
      prepare: (step) => smallDisk(step, 24),
      job: 'tests:\n  - {id: writes, sudo: true, run: dd if=/dev/urandom of=/var/lib/big bs=1M count=100 && sync}\n',
    },
  ),
  row(
    'the disk of the host is full from the start',
    { verdict: 'infra-error', withinSeconds: 30, report: false },
    {
      quick: true,
      unless: notRoot,
      prepare: (step) => {
        const { undo } = smallDisk(step, 1)
        try {
          writeFileSync(join(step.temp, 'somebody-else'), Buffer.alloc(2 * 1024 * 1024))
        } catch {
          // now it is full
        }
        return { ...(undo === undefined ? {} : { undo }) }
      },
    },
  ),
  row(
    'RUNNER_TEMP may not be written',
    { verdict: 'infra-error', withinSeconds: 30, report: false },
    {
      quick: true,
      unless: () => notRoot(),
      prepare: async (step) => {
        const prepared = await asNobody(step)
        chownSync(step.temp, 0, 0)
        chmodSync(step.temp, 0o555)
        return prepared
      },
    },
  ),
  row(
    'RUNNER_TEMP does not exist and cannot',
    { verdict: 'infra-error', withinSeconds: 30, report: false },
    {
      prepare: ({ dir }) => {
        writeFileSync(join(dir, 'file'), '')
        return { env: { RUNNER_TEMP: join(dir, 'file', 'temp') } }
      },
    },
  ),
  ...[20, 24, 27].map((count) =>
    row(
      `no more than ${count} open files`,
      { verdict: 'infra-error', withinSeconds: 60 },
      {
        quick: true,
        prepare: (step) => ({ node: nodeBy(step, 'prlimit', `--nofile=${count}:${count}`, '--') }),
      },
    ),
  ),
  row(
    'the report folder is a file',
    { verdict: 'config-error', withinSeconds: 30, report: false },
    {
      prepare: ({ workspace }) => {
        writeFileSync(join(workspace, 'report'), '')
        return { inputs: { 'report-dir': 'report' } }
      },
    },
  ),
  row(
    'qemu-img fails',
    { verdict: 'infra-error', message: /overlay/, withinSeconds: 60 },
    {
      prepare: (step) => ({ env: { PATH: pathOf(step, /^$/, { 'qemu-img': 'echo "qemu-img: out of luck" >&2; exit 1' }) } }),
    },
  ),
  row(
    'QEMU fails at once',
    { verdict: 'infra-error', message: /out of luck/, withinSeconds: 60 },
    {
      prepare: (step) => ({
        env: {
          PATH: pathOf(step, /^$/, {
            'qemu-system-x86_64': `case $1 in --version) exec ${programPath('qemu-system-x86_64')} --version ;; esac; echo "out of luck" >&2; exit 1`,
          }),
        },
      }),
    },
  ),
  row(
    'arguments for QEMU that it refuses',
    {
      verdict: 'config-error',
      message: /QEMU does not take `qemu-args`: .*no-such-device/,
      withinSeconds: 60,
      check: ({ result, reportDir }) => {
        assert.match(
          readFileSync(join(reportDir, 'machines/machine/qemu.log'), 'utf8'),
          /qemu-system-x86_64 .*-device no-such-device\n[^]*no-such-device/,
        )
        assert.equal(result.machines[0]?.argv?.at(-1), 'no-such-device')
      },
    },
    {
      quick: true,
      inputs: { 'qemu-args': '-device no-such-device', 'boot-attempts': '1' },
    },
  ),
  row(
    'more memory than the host has',
    { verdict: 'infra-error', message: /memory/, withinSeconds: 60 },
    {
      inputs: { memory: '900G', 'boot-attempts': '1' },
    },
  ),
]
