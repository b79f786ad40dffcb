import { generateKeyPairSync } from 'node:crypto'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readReporting } from '../../../src/config'
import { actionInputs } from '../../../src/config/inputs'
import { weigh } from '../../support/processor-time'
import { firstTest, folderWith, load, loadIn, problemsOf } from './harness'

const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n'
const jobFile = `
image: {source: fedora:44, verify: checksum, format: qcow2}
machine: {memory: 1G, cpus: 4, firmware: bios}
defaults: {timeout: 2m}
fail-fast: true
timeout: 1h
title: Of the file
tests: [{run: ls}]
`
const files = { 'job.yml': jobFile }

describe('inputs', () => {
  it('override the keys beside them and leave the others', async () => {
    const { job } = await load({
      files,
      inputs: {
        config: 'job.yml',
        image: 'build/other.qcow2',
        verify: 'none',
        memory: '512M',
        firmware: 'uefi',
        'fail-fast': 'false',
        timeout: '10m',
        'test-timeout': '1m',
        title: 'Of the input',
      },
    })
    expect(job).toMatchObject({
      title: 'Of the input',
      machines: [
        {
          image: { source: 'build/other.qcow2', verify: 'none', format: 'qcow2' },
          memoryBytes: 512 * 1024 ** 2,
          cpus: 4,
          firmware: 'uefi',
        },
      ],
      failFast: false,
      timeout: { ms: 600_000, written: true },
    })
    expect(job.machines[0]?.image.location).toBeUndefined()
    expect(job.tests[0]?.timeout.ms).toBe(60_000)
  })

  it('that only exist as inputs reach the job', async () => {
    const { job, reporting, warnings } = await load({
      files: { ...files, 'user-data': '#cloud-config\n', key },
      inputs: {
        config: 'job.yml',
        accelerator: 'tcg',
        password: 'correct horse\n',
        'ssh-key': 'key',
        'user-data': 'user-data',
        'pass-env': 'RHSM_ORG, RHSM_KEY\nSHORT',
        'qemu-args': `-device "virtio-rng-pci, id=a" -name 'a b' x\\ y ''`,
        'report-dir': '/srv/report',
        annotations: '3',
      },
      env: { RHSM_ORG: '12345', RHSM_KEY: 'line one of it\nshort\nline two of it', SHORT: '1' },
    })
    expect(job).toMatchObject({
      machines: [
        {
          accelerator: 'tcg',
          access: { password: 'correct horse', sshKey: key, userData: { text: '#cloud-config\n', from: 'user-data' } },
          qemuArgs: ['-device', 'virtio-rng-pci, id=a', '-name', 'a b', 'x y', ''],
        },
      ],
    })
    expect(reporting).toEqual({ dir: '/srv/report', annotations: 3 })
    expect(job.tests[0]).toMatchObject({ env: { RHSM_ORG: '12345', SHORT: '1' } })
    expect(job.secrets).toEqual([
      'correct horse',
      key,
      '12345',
      'line one of it\nshort\nline two of it',
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmU',
      '-----END OPENSSH PRIVATE KEY-----',
      'line one of it',
      'line two of it',
    ])
    expect(warnings).toEqual(['the value of SHORT (pass-env) has fewer than 3 characters and is not masked'])
  })

  it('may hold key and user data themselves', async () => {
    const { job } = await load({
      files,
      inputs: { config: 'job.yml', 'ssh-key': key.trim().replaceAll('\n', '\r\n'), 'user-data': '#cloud-config\npackages: [a]' },
    })
    expect(job).toMatchObject({
      machines: [{ access: { sshKey: key, userData: { text: '#cloud-config\npackages: [a]', from: 'the input user-data' } } }],
    })
  })

  it('make the password of an address a secret and keep it out of the title', async () => {
    const { job } = await load({ inputs: { image: 'https://me:s%40crt@example.com/x/disk.qcow2?sig=1', run: 'ls' } })
    expect(job).toMatchObject({ title: 'disk.qcow2', secrets: ['s%40crt', 's@crt'] })
  })

  it('that are wrong are named, all at once, and secrets are not repeated', async () => {
    const problems = problemsOf(
      load({
        files,
        inputs: {
          config: 'job.yml',
          memory: '2',
          cpus: 'two',
          'fail-fast': 'yes',
          accelerator: 'kvn',
          'boot-timeout': '90',
          'boot-attempts': '0',
          checksum: 'md5:d41d8cd98f00b204e9800998ecf8427e',
          password: 'two\nlines',
          'ssh-key': 'ssh-ed25519 AAAA',
          'user-data': 'no-such-file',
          'pass-env': 'HOME-DIR',
          'qemu-args': '-name "x',
          title: '  ',
          tests: 'x',
          'repor-dir': 'x',
        },
      }),
    )
    expect(await problems).toMatchInlineSnapshot(`
      "15 problems in the configuration
      input memory: must be a size in M or G such as 512M or 2G, not \`2\`
      input cpus: must be a whole number from 1 to 255, not \`two\`
      input fail-fast: must be true or false, not \`yes\`
      input accelerator: must be auto, kvm or tcg, not \`kvn\`: did you mean kvm?
      input boot-timeout: must be a duration with its unit such as 30s, 5m or 1h, not \`90\`
      input boot-attempts: must be a whole number from 1 to 10, not \`0\`
      input checksum: must be sha256:HEX with 64 hexadecimal digits (sha384 and sha512 work as well), not \`md5:d41d8cd98f00b204e9800998ecf8427e\`
      input password: must be a password on one line
      input pass-env: must be names of environment variables with commas or blanks between them, not \`HOME-DIR\`
      input qemu-args: must be arguments with blanks between them and balanced quotes, not \`-name "x\`
      input title is blank; it must be a title on one line
      unknown input \`tests\`
      unknown input \`repor-dir\`; did you mean \`report-dir\`?
      input ssh-key: must be a private key in OpenSSH or PEM form (-----BEGIN … PRIVATE KEY-----) or the path of a file with one
      input user-data: must be user data, which begins with \`#cloud-config\`, an Ignition config, or the path of a file with it; as a path it does not exist; paths are relative to the working folder"
    `)
  })

  it('takes a private key in the form that openssl writes, and masks it as it was written, too', async () => {
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      publicKeyEncoding: { format: 'pem', type: 'spki' },
    })
    const { job } = await load({ inputs: { image: 'x.qcow2', commands: 'true', 'ssh-key': privateKey } })
    const [machine] = job.machines
    expect(machine?.access.sshKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/)
    expect(job.secrets).toContain(privateKey.split('\n')[1])
    expect(job.secrets).toContain(machine?.access.sshKey?.split('\n')[1])
  })

  it.each([
    [
      { 'pass-env': 'NOT_THERE' },
      'input pass-env: the environment variable `NOT_THERE` is not set here; set it under `env` of the step, or remove it',
    ],
    [{ config: 'job.yml', run: 'ls' }, 'the inputs config and run exclude each other; give the tests in one of them'],
    [{ config: '', commands: 'a', run: 'ls' }, 'the inputs commands and run exclude each other; give the tests in one of them'],
    [{ config: '', run: ' \n' }, 'input run is blank; it must be a script'],
    [{ config: '' }, 'no tests are given: set `commands`, `run` or `config`, or add a job file at .github/image-test.yml'],
  ])('are refused when they are %j', async (inputs, message) => {
    expect(await problemsOf(load({ files, inputs: { image: 'x', config: 'job.yml', ...inputs } }))).toBe(message)
  })

  it('say whether images are kept, where, and how much of them', async () => {
    const cacheOf = async (inputs: Record<string, string>) => (await load({ inputs: { image: 'x', run: 'ls', ...inputs } })).job.cache
    expect(await cacheOf({})).toBeUndefined()
    expect(await cacheOf({ cache: 'false', 'cache-dir': '/srv/cache' })).toBeUndefined()
    expect(await cacheOf({ cache: 'true' })).toEqual({ maxBytes: 10 * 1024 ** 3 })
    expect(await cacheOf({ cache: 'true', 'cache-dir': '/srv/cache', 'cache-size': '500M' })).toEqual({
      dir: '/srv/cache',
      maxBytes: 500 * 1024 ** 2,
    })
    expect(await problemsOf(load({ inputs: { image: 'x', run: 'ls', 'cache-dir': 'cache' } }))).toBe(
      'the input `cache-dir` means nothing without `cache: true`',
    )
  })

  it('do not lead the cache through a link of the checkout', async () => {
    const cwd = folderWith({})
    symlinkSync('/srv', join(cwd, 'link'))
    const problems = (dir: string) => problemsOf(loadIn(cwd, { inputs: { image: 'x', run: 'ls', cache: 'true', 'cache-dir': dir } }))
    for (const dir of ['link', 'link/cache'])
      expect(await problems(dir)).toBe(
        `the input \`cache-dir\` leads through the link ${join(cwd, 'link')} of the checkout: give the folder itself`,
      )
    expect(await problems('cache')).toBe('no problems')
  })

  it('must name an image when the job file does not', async () => {
    expect(await problemsOf(load({ inputs: { run: 'ls' } }))).toBe(
      'no image is given: set the input `image`, or the key `image` of the job file',
    )
    expect(await problemsOf(load({ files: { 'job.yml': 'image: {verify: none}\ntests: []' }, inputs: { config: 'job.yml' } })))
      .toMatchInlineSnapshot(`
      "2 problems in the configuration
      no image is given: set the input \`image\`, or the key \`image\` of the job file
      job.yml:2:8: \`tests\` is an empty list; it needs at least a test"
    `)
  })

  it('say where the report goes whatever is wrong with the others', () => {
    expect(readReporting({ 'report-dir': 'out', memory: '?', nonsense: 'x' }, '/srv')).toEqual({ dir: '/srv/out', annotations: 10 })
  })
})

describe('an event that a stranger can start', () => {
  const run = (event: string, inputs = {}) =>
    problemsOf(load({ inputs: { image: 'x', run: 'ls', ...inputs }, env: { GITHUB_EVENT_NAME: event } }))

  it('stops the run unless that is asked for', async () => {
    expect(await run('pull_request_target')).toMatchInlineSnapshot(
      `"this workflow runs on pull_request_target, which a stranger can start and where what they send can reach the secrets of the repository; use pull_request, or set \`allow-unsafe-event: true\` when only trusted images and job files get here"`,
    )
    expect(await run('workflow_run')).toMatch(/^this workflow runs on workflow_run/)
    expect(await run('workflow_run', { 'allow-unsafe-event': 'true' })).toBe('no problems')
    for (const event of ['issue_comment', 'issues', 'discussion_comment', 'check_suite', 'gollum', 'watch'])
      expect(await run(event)).toMatch(new RegExp(`^this workflow runs on ${event},`))
    for (const event of ['pull_request', 'pull_request_review', 'push', 'schedule', 'workflow_dispatch', 'merge_group', 'release'])
      expect(await run(event)).toBe('no problems')
  })
})

describe('the inputs of the action', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('are the ones that were given, with their blanks where those count', () => {
    vi.stubEnv('INPUT_IMAGE', ' fedora:44 ')
    vi.stubEnv('INPUT_RUN', '  ls\n  pwd\n')
    vi.stubEnv('INPUT_BOOT-TIMEOUT', '')
    vi.stubEnv('INPUT_UNKNOWN', 'x')
    expect(actionInputs()).toEqual({ image: 'fedora:44', run: '  ls\n  pwd\n' })
  })
})

describe('speed', () => {
  it('is good enough for ten thousand tests', async () => {
    const test = (number: number) => `  - name: test ${number}\n    run: |\n      echo ${number}\n    timeout: 5m\n`
    const text = `image: x\ntests:\n${Array.from({ length: 10_000 }, (_, number) => test(number)).join('')}`
    const folder = folderWith({ 'job.yml': text })
    const { ms, result: loaded } = await weigh(() => loadIn(folder, { inputs: { config: 'job.yml' } }))
    expect(loaded.job.tests).toHaveLength(10_000)
    expect(firstTest(loaded).location).toMatchObject({ line: 3, endLine: 6 })
    expect(ms).toBeLessThan(6000)
  })
})
