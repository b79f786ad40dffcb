// Jobs whose whole reports are kept: what is asked, and what becomes of it.
import type { Played } from '../../support/paper/report'

type Machine = Played['machines'][number]

const console = `[    0.000000] Linux version 6.19.7-300.fc44.x86_64 (mockbuild@paper) #1 SMP PREEMPT_DYNAMIC
[    1.204511] virtio_blk virtio1: [vda] 10485760 512-byte logical blocks (5.37 GB/5.00 GiB)
[    1.711093] systemd[1]: Running in initrd.
[    3.002518] systemd[1]: Switching root.
[    4.120377] systemd[1]: Hostname set to <localhost>.
[  OK  ] Reached target Network - Network.
[  OK  ] Started sshd.service - OpenSSH server daemon.

Fedora Linux 44 (Cloud Edition)
Kernel 6.19.7-300.fc44.x86_64 on x86_64 (ttyS0)

`
const journal = `[    0.000000] localhost kernel: Linux version 6.19.7-300.fc44.x86_64
[    4.310022] localhost systemd[1]: Finished systemd-remount-fs.service - Remount Root and Kernel File Systems.
`
const os = {
  id: 'fedora',
  version: '44',
  variant: 'cloud',
  prettyName: 'Fedora Linux 44 (Cloud Edition)',
  kernel: '6.19.7-300.fc44.x86_64',
}

const machine = (steps: Machine['steps'] = {}, change: Partial<Machine> = {}): Machine => ({
  ...{ boot: 'ready', atEnd: 'stays', console, journal: { text: journal }, os, steps },
  ...change,
})

const head = `image: {source: "fedora:44", provisioning: systemd-credentials}
machine: {memory: 2G, cpus: 2}
`

export interface KeptJob extends Pick<Played, 'file' | 'machines'> {
  readonly verdict: string
}

export const jobs: Readonly<Record<string, KeptJob>> = {
  'all-pass': {
    verdict: 'passed',
    file: `title: Fedora Cloud 44
${head}setup:
  - run: mkdir -p /tmp/tests
tests:
  - run: rpm -q cloud-init
  - name: the root file system grew
    run: |
      size=$(df --output=size -B1G / | tail -1)
      [ "$size" -ge 4 ]
  - reboot: true
  - run: systemctl is-system-running --wait
    expect: {exit: [0, 1], stdout: degraded}
teardown:
  - run: rm -r /tmp/tests
`,
    machines: [
      machine({
        'rpm -q cloud-init': { tries: [{ kind: 'exits', code: 0, stdout: 'cloud-init-25.3-1.fc44.noarch\n' }] },
        'systemctl is-system-running --wait': { tries: [{ kind: 'exits', code: 1, stdout: 'degraded\n', stderr: '' }] },
      }),
    ],
  },

  'gating-failure': {
    verdict: 'failed',
    file: `${head}findings: {fail-on: error, ignore: [{match: "segfault at 0 ", reason: "rhbz#1, known"}]}
tests:
  - run: rpm -q cloud-init
  - name: labels are as the policy wants
    run: restorecon -nv /etc/machine-id
    user: root
    env: {LC_ALL: C}
    expect: {exit: 0, stdout: ""}
  - run: |
      echo "::error::not a command of ours"
      cat /etc/os-release
      exit 3
  - name: ssh-keygen works under FIPS
    run: ssh-keygen -q -t rsa -N '' -f /tmp/k
    continue-on-error: {reason: "rhbz#2"}
  - run: dnf needs-restarting
    when: {distro: fedora, version: ">=45"}
  - run: '! systemctl is-enabled chronyd'
    when: {distro: [debian, ubuntu]}
`,
    machines: [
      machine({
        'labels are as the policy wants': {
          console: '[   12.000000] foo[12]: segfault at 0 ip 0000000000401136 sp 00007ffd error 4 in foo[401000+1000]\n',
          tries: [{ kind: 'exits', code: 0, stdout: 'Would relabel /etc/machine-id from unlabeled_t to machineid_t\n' }],
        },
        'echo "::error::not a command of ours"\ncat /etc/os-release\nexit 3\n': {
          tries: [
            {
              ...{
                kind: 'exits',
                code: 3,
                stdout: '::error::not a command of ours\nNAME="Fedora Linux"\n\u001b[31mred\u001b[0m <b>&amp; | `x`',
              },
              stderr: 'cat: ümläut: No such file or directory\n',
            },
          ],
        },
        'ssh-keygen works under FIPS': { tries: [{ kind: 'exits', code: 255, stderr: 'Key generation failed: invalid argument\n' }] },
      }),
    ],
  },

  xfail: {
    verdict: 'failed',
    file: `${head}tests:
  - name: nobody can unmount the root
    run: umount /
    xfail: true
  - name: the old key is refused
    run: rpmkeys --import old.asc
    xfail: {reason: "RSA of 1024 bits"}
  - name: a refusal that does not gate
    run: umount /boot
    xfail: true
    continue-on-error: true
  - name: a hang is no refusal
    run: sleep infinity
    timeout: 5s
    xfail: true
`,
    machines: [
      machine({
        'nobody can unmount the root': { tries: [{ kind: 'exits', code: 32, stderr: 'umount: /: target is busy.\n' }] },
        'a hang is no refusal': { tries: [{ kind: 'hangs', killed: true }] },
      }),
    ],
  },

  'flaky-and-timeout': {
    verdict: 'failed',
    file: `${head}defaults: {timeout: 20s}
tests:
  - name: answers at the second try
    run: curl -fsS http://localhost:9090/ping
    retry: {times: 2, delay: 2s}
  - name: answers at no try
    run: curl -fsS http://localhost:9091/ping
    retry: {times: 1, delay: 1s}
  - name: never ends
    run: sleep infinity
  - name: never ends, and is not seen to go
    run: trap '' TERM; sleep infinity
    timeout: 90s
`,
    machines: [
      machine({
        'answers at the second try': {
          tries: [
            { kind: 'exits', code: 7, stderr: 'curl: (7) Failed to connect to localhost port 9090\n' },
            { kind: 'exits', code: 0, stdout: 'pong\n' },
          ],
        },
        'answers at no try': { tries: [{ kind: 'exits', code: 7, stderr: 'curl: (7) Failed to connect to localhost port 9091\n' }] },
        'never ends': { tries: [{ kind: 'hangs', killed: true, stdout: 'waiting…' }] },
        'never ends, and is not seen to go': { tries: [{ kind: 'hangs', killed: false }] },
      }),
    ],
  },

  'setup-failure': {
    verdict: 'failed',
    file: `${head}setup:
  - run: dnf -y install podman
  - run: podman pull busybox
tests:
  - run: podman run busybox true
  - reboot: true
teardown:
  - run: journalctl --rotate
  - run: podman rm -a
`,
    machines: [
      machine({
        'dnf -y install podman': { tries: [{ kind: 'exits', code: 1, stderr: 'Error: Failed to download metadata for repo ‘fedora’\n' }] },
        'podman rm -a': { tries: [{ kind: 'exits', code: 127, stderr: 'bash: line 1: podman: command not found\n' }] },
      }),
    ],
  },

  'guest-lost': {
    verdict: 'guest-lost',
    file: `${head}tests:
  - run: rpm -q cloud-init
  - run: modprobe zram
  - run: echo c > /proc/sysrq-trigger
    user: root
    continue-on-error: true
  - run: rpm -q rsync
teardown:
  - run: rm -r /tmp/tests
`,
    machines: [
      machine(
        {
          'modprobe zram': {
            console: `[   20.000000] Oops: invalid opcode: 0000 [#1] SMP NOPTI
[   20.000100] CPU: 0 UID: 0 PID: 812 Comm: modprobe Not tainted 6.19.7-300.fc44.x86_64 #1
[   20.000200] ---[ end trace 0000000000000000 ]---
`,
            tries: [{ kind: 'exits', code: 0 }],
          },
          'echo c > /proc/sysrq-trigger': {
            console: '[   21.500000] sysrq: Trigger a crash\n',
            tries: [{ kind: 'panics', stdout: 'a line without its end' }],
          },
        },
        { screenshot: Buffer.from('a screen\n'), stderr: 'qemu-system-x86_64: warning: of paper\n' },
      ),
    ],
  },

  'second-machine': {
    verdict: 'passed',
    file: `${head}boot-attempts: 2
tests:
  - run: rpm -q cloud-init
  - run: ssh-keygen -q -t rsa -N '' -f /tmp/k
    continue-on-error: true
  - run: sleep 9
`,
    machines: [
      machine(
        {
          "ssh-keygen -q -t rsa -N '' -f /tmp/k": { tries: [{ kind: 'exits', code: 255, stderr: 'Key generation failed\n' }] },
          'sleep 9': { says: 'lockup', tries: [{ kind: 'dies', stdout: 'on the first machine\n' }] },
        },
        { stderr: 'qemu-system-x86_64: terminating on signal 9\n' },
      ),
      machine({ 'sleep 9': { tries: [{ kind: 'exits', code: 0, stdout: 'on the second machine\n' }] } }),
    ],
  },

  cancelled: {
    verdict: 'cancelled',
    file: `${head}tests:
  - run: rpm -q cloud-init
  - run: sleep 600
    retry: {times: 3, delay: 1s}
  - run: rpm -q rsync
teardown:
  - run: subscription-manager unregister
  - run: sleep infinity
  - run: rm -r /tmp/tests
`,
    machines: [
      machine({
        'rpm -q cloud-init': { tries: [{ kind: 'exits', code: 1, stdout: 'package cloud-init is not installed\n' }] },
        'sleep 600': {
          tries: [
            { kind: 'exits', code: 1 },
            { kind: 'cancel', stdout: 'half of it' },
          ],
        },
        'sleep infinity': { tries: [{ kind: 'outlasts' }] },
      }),
    ],
  },

  'boot-failed': {
    verdict: 'boot-failed',
    file: `${head}boot-timeout: 2m
tests:
  - run: rpm -q cloud-init
teardown:
  - run: rm -r /tmp/tests
`,
    machines: [
      machine(
        {},
        {
          boot: 'no-root',
          console: `[    0.000000] Linux version 6.19.7-300.fc44.x86_64 (mockbuild@paper) #1 SMP PREEMPT_DYNAMIC
[    0.000000] Command line: BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=UUID=7d1c ro console=ttyS0
[    3.912004] /dev/root: Can't open blockdev
[    3.914120] VFS: Cannot open root device "UUID=7d1c" or unknown-block(0,0): error -6
`,
          screenshot: Buffer.from('a screen\n'),
          stderr: 'qemu-system-x86_64: warning: of paper\n',
        },
      ),
    ],
  },

  'fail-fast': {
    verdict: 'failed',
    file: `${head}fail-fast: true
findings: {require: [{match: "Reached target Cloud", reason: "cloud-init is part of the image"}]}
tests:
  - run: 'true'
  - run: 'false'
    continue-on-error: true
  - id: the-one
    run: exit 2
  - run: rpm -q cloud-init
  - reboot: true
teardown:
  - run: rm -r /tmp/tests
`,
    machines: [
      machine({
        false: { tries: [{ kind: 'exits', code: 1 }] },
        'exit 2': { tries: [{ kind: 'exits', code: 2 }] },
      }),
    ],
  },
}
