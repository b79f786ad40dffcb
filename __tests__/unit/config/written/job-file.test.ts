import { describe, expect, it } from 'vitest'
import { firstTest, load, loadText, problemsOf } from '../harness'

const example = `\
image: fedora:44
machine: {memory: 4G, cpus: 3, disk: 10G, firmware: uefi, tpm: true, disk-bus: scsi, nic: e1000, nics: 2, disks: [10G, 1G]}
findings: {fail-on: error, ignore: [{match: 'comm="foo"', reason: rhbz#1, until: 2027-01-31}], require: [{match: Reached target, reason: it boots}]}
defaults: {timeout: 2m, user: root}
setup:
  - run: mkdir /srv/data
tests:
  - run: rpm -q cloud-init
  - name: the root file system grew
    run: |
      size=$(df --output=size -B1G / | tail -1)
      [ "$size" -ge 9 ]
  - name: labels are as the policy wants
    run: restorecon -nv /etc/machine-id
    sudo: true
    expect: {exit: 0, stdout: ""}          # stdout: exact after trim
  - name: nobody can unmount the root
    run: umount /
    sudo: true
    xfail: true                            # must fail
  - run: ssh-keygen -q -t rsa -N '' -f /tmp/k
    continue-on-error: true
  - run: sudo systemctl disable --now chronyd
  - reboot: true
  - name: stays disabled
    run: "! systemctl is-enabled chronyd"
    retry: {times: 3, delay: 2s}
teardown:
  - run: subscription-manager unregister
title: Fedora Cloud
boot-timeout: 10m
boot-attempts: 3
timeout: 1h
fail-fast: true
`

describe('a job file', () => {
  it('becomes a job with everything it says', async () => {
    const { job, warnings } = await load({ files: { 'job.yml': example }, inputs: { config: 'job.yml' } })
    expect(warnings).toEqual([])
    expect(job).toMatchObject({
      title: 'Fedora Cloud',
      source: { job: { file: 'job.yml', line: 1, inCheckout: true }, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      machines: [
        {
          name: 'machine',
          image: { source: 'fedora:44', verify: 'auto', location: { file: 'job.yml', line: 1, column: 8 } },
          memoryBytes: 4 * 1024 ** 3,
          cpus: 3,
          diskBytes: 10 * 1024 ** 3,
          provider: 'qemu',
          accelerator: 'auto',
          firmware: 'uefi',
          bootTimeout: { ms: 600_000, written: true },
          hardware: { tpm: true, diskBus: 'scsi', nic: 'e1000', nics: 2, emptyDisksBytes: [10 * 1024 ** 3, 1024 ** 3] },
        },
      ],
      findings: {
        failOn: 'error',
        ignore: [{ match: 'comm="foo"', reason: 'rhbz#1' }],
        require: [{ match: 'Reached target', reason: 'it boots' }],
      },
      failFast: true,
      timeout: { ms: 3_600_000, written: true },
      bootAttempts: 3,
    })
    expect(job.setup.map(({ id }) => id)).toEqual(['mkdir-srv-data'])
    expect(job.teardown.map(({ id }) => id)).toEqual(['subscription-manager-unregister'])
    expect(job.tests.map(({ id, name, kind, gating }) => [id, name, kind, gating])).toEqual([
      ['rpm-q-cloud-init', 'rpm -q cloud-init', 'run', true],
      ['the-root-file-system-grew', 'the root file system grew', 'run', true],
      ['labels-are-as-the-policy-wants', 'labels are as the policy wants', 'run', true],
      ['nobody-can-unmount-the-root', 'nobody can unmount the root', 'run', true],
      ['ssh-keygen-q-t-rsa-n-f-tmp-k', "ssh-keygen -q -t rsa -N '' -f /tmp/k", 'run', false],
      ['sudo-systemctl-disable-now-chronyd', 'sudo systemctl disable --now chronyd', 'run', true],
      ['reboot', 'reboot', 'reboot', true],
      ['stays-disabled', 'stays disabled', 'run', true],
    ])
    expect(job.tests[1]).toEqual({
      kind: 'run',
      id: 'the-root-file-system-grew',
      name: 'the root file system grew',
      machine: 'machine',
      gating: true,
      timeout: { ms: 120_000, written: true },
      concerns: [],
      location: { file: 'job.yml', line: 9, column: 5, endLine: 12, inCheckout: true },
      run: 'size=$(df --output=size -B1G / | tail -1)\n[ "$size" -ge 9 ]\n',
      user: 'root',
      env: {},
      expect: { exit: [0] },
      retry: { times: 0, delayMs: 1000 },
    })
    expect(job.tests[2]).toMatchObject({ user: 'root', expect: { exit: [0], stdout: '' }, location: { line: 13, endLine: 16 } })
    expect(job.tests[3]).toMatchObject({ xfail: {}, location: { line: 17, endLine: 20 } })
    expect(job.tests[6]).toMatchObject({ kind: 'reboot', location: { line: 24, endLine: 24 } })
    expect(job.tests[7]).toMatchObject({ run: '! systemctl is-enabled chronyd', retry: { times: 3, delayMs: 2000 } })
  })

  it('gets the documented defaults for everything it leaves out', async () => {
    const { job, reporting } = await loadText('image: build/Fedora-Cloud-Base.qcow2\ntests: [{run: ls}]\n', { inputs: { image: '' } })
    expect(job).toEqual({
      title: 'Fedora-Cloud-Base.qcow2',
      source: job.source,
      machines: [
        {
          name: 'machine',
          image: job.machines[0]?.image,
          memoryBytes: 2 * 1024 ** 3,
          cpus: 2,
          provider: 'qemu',
          accelerator: 'auto',
          firmware: 'auto',
          bootTimeout: { ms: 5 * 60_000, written: false },
          access: { provisioning: 'auto' },
          qemuArgs: [],
          hardware: { tpm: false, diskBus: 'auto', nic: 'auto', nics: 1, emptyDisksBytes: [] },
        },
      ],
      setup: [],
      tests: job.tests,
      teardown: [],
      findings: { failOn: 'default', ignore: [], require: [] },
      failFast: false,
      timeout: { ms: 30 * 60_000, written: false },
      bootAttempts: 2,
      secrets: [],
    })
    expect(firstTest({ job, reporting, warnings: [] }).timeout).toEqual({ ms: 5 * 60_000, written: false })
    expect(reporting).toEqual({ annotations: 10 })
  })

  it('describes the image in a mapping', async () => {
    const checksum = `sha256:${'a'.repeat(64)}`
    const { job } = await loadText(
      `image: {source: a.qcow2, checksum: '${checksum}', checksum-file: CHECKSUM, signing-key: keys/our.asc, verify: signature, login-user: fedora, format: qcow2}\ntests: [{run: ls}]`,
      { inputs: { image: '' } },
    )
    expect(job.machines[0]?.access.loginUser).toBe('fedora')
    expect(job.machines[0]?.image).toMatchObject({
      source: 'a.qcow2',
      checksum,
      checksumFile: 'CHECKSUM',
      signingKey: 'keys/our.asc',
      verify: 'signature',
      format: 'qcow2',
    })
  })

  it('says on which machines a test runs', async () => {
    const { job } = await loadText(
      'tests:\n  - {run: ls, when: {distro: fedora, version: ">=41, <44", arch: [x86_64], accelerator: kvm}}\n  - {reboot: true, when: {version: 9.4}}',
    )
    expect(job.tests.map(({ when }) => when)).toEqual([
      {
        distro: ['fedora'],
        version: [
          { operator: '>=', version: '41' },
          { operator: '<', version: '44' },
        ],
        arch: ['x86_64'],
        accelerator: ['kvm'],
      },
      { version: [{ operator: '=', version: '9.4' }] },
    ])
  })

  it('is read from .github/image-test.yml when nothing else is given', async () => {
    const { job } = await load({ files: { '.github/image-test.yml': example } })
    expect(job.source.job?.file).toBe('.github/image-test.yml')
    expect(job.tests).toHaveLength(8)
  })

  it('is named relative to the workspace, and as given outside of it', async () => {
    const inside = await load({ files: { 'sub/job.yml': example }, inputs: { config: './sub/../sub/job.yml' } })
    expect(inside.job.source.job).toMatchObject({ file: 'sub/job.yml', inCheckout: true })
    const outside = await load({ files: {}, inputs: { config: '/dev/null' } }).catch((error: unknown) => error)
    expect(outside).toMatchObject({ outcome: 'config-error' })
  })

  it('may use anchors and aliases', async () => {
    const { job } = await loadText(`
tests:
  - {run: a, env: &common {LANG: C}, timeout: &long 20m}
  - {run: b, env: *common, timeout: *long}
`)
    expect(job.tests[1]).toMatchObject({ env: { LANG: 'C' }, timeout: { ms: 1_200_000 } })
  })
})

describe('a file that is no job file', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['is empty', '', 'job.yml:1:1: `job.yml` is empty; a job file needs at least `tests`'],
    ['holds only a comment', '# soon\n', 'job.yml:1:1: `job.yml` is empty; a job file needs at least `tests`'],
    ['is a list', '- run: ls\n', 'job.yml:1:1: a job file must be a mapping, not a list; put the list below `tests:`'],
    ['is a text', 'ls -l\n', 'job.yml:1:1: a job file must be a mapping of keys such as `image` and `tests`, and this is one text'],
    ['is not UTF-8', Uint8Array.of(0x61, 0xff, 0xfe), 'input config: `job.yml` is not UTF-8 text'],
    ['is far too large', 'x'.repeat(5 * 1024 * 1024), 'input config: `job.yml` is larger than 4 MiB, too large for a job file'],
  ])('is refused when it %s', async (_, content, message) => {
    expect(await problemsOf(load({ files: { 'job.yml': content }, inputs: { config: 'job.yml', image: 'x' } }))).toBe(message)
  })

  it('is refused when it is a folder, a device or not there', async () => {
    const files = { 'folder/job.yml': example }
    expect(await problemsOf(load({ files, inputs: { config: 'folder' } }))).toBe('input config: `folder` is a folder, not a job file')
    expect(await problemsOf(load({ files, inputs: { config: '/dev/null' } }))).toBe(
      'input config: `/dev/null` is a device, socket or pipe, not a job file',
    )
    expect(await problemsOf(load({ files, inputs: { config: 'job.yml' } }))).toBe(
      'input config: `job.yml` does not exist; paths are relative to the working folder',
    )
  })
})
