import { createHash } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunResult, TestResult } from '../../src/results'
import { guest } from '../guests'
import { startServer } from '../support/server'
import { home, runCli, type Ran } from './cli'
import { explain } from './passes'

let tiny: string
beforeAll(async () => {
  tiny = await guest('tiny')
})
const small = ['--memory', '512M']

const byName = (ran: Ran, name: string): TestResult => {
  const found = ran.result.tests.find((test) => test.name === name)
  if (!found) throw new Error(`no test ${name}`)
  return found
}

describe('a job file on a machine', () => {
  it('runs as whom, where and how each test says, in order over one connection', async () => {
    const ran = await runCli(
      [...small, '--image', tiny, '--disk', '1G', '--user-data', '#cloud-config\npassword: from-the-user\n'],
      `
defaults: { env: { EVERYWHERE: here } }
tests:
  - { name: login user, run: id -un, expect: { stdout: tiny } }
  - { name: root, run: id -un, sudo: true, expect: { stdout: root } }
  - { name: another user, run: id -un, user: nobody, expect: { stdout: nobody } }
  - { name: environment, run: 'echo "$EVERYWHERE $OWN"', env: { OWN: "it's mine" }, expect: { stdout: here it's mine } }
  - { name: folder, run: pwd, working-directory: /usr, expect: { stdout: /usr } }
  - { name: no state is kept, run: 'test -z "$LEFT" && cd / && export LEFT=1' }
  - { name: still no state, run: 'test -z "$LEFT" && pwd', expect: { stdout: /home/tiny } }
  - { name: bash by default, run: 'echo "$BASH_VERSION"', expect: { stdout-matches: '^5' } }
  - { name: pipefail, shell: bash, run: 'false | true', expect: { exit: 1 } }
  - { name: plain sh, shell: sh, run: 'echo "x$BASH_VERSION"', expect: { stdout: x } }
  - { name: a template, shell: 'awk -f {0}', run: 'BEGIN { print 6 * 7 }', expect: { stdout: "42" } }
  - { name: any of two exits, run: exit 2, expect: { exit: [0, 2] } }
  - { name: stderr apart, run: 'echo out; echo err >&2', expect: { stdout: out, stderr: err } }
  - { name: no terminal, run: '! test -t 0 && ! test -t 1' }
  - { name: refused, run: cat /etc/shadow, xfail: true }
  - { name: refused at all, run: echo allowed, xfail: true, continue-on-error: true }
  - { name: hangs, run: 'echo $$ >/tmp/hang; sleep 86400', timeout: 2s, continue-on-error: true }
  - { name: the hung one is gone, run: '! kill -0 "$(cat /tmp/hang)"' }
  - { name: the disk grew, run: 'test "$(df -m / | awk "END { print \\$2 }")" -gt 700' }
  - { name: a daemon may stay, run: '(sleep 600 &) ; echo left one' }
  - reboot: true
  - { name: the root is still grown, run: 'test "$(df -m / | awk "END { print \\$2 }")" -gt 700' }
  - { name: the seed holds our key and theirs, run: 'cat /var/lib/instance-id', expect: { stdout-matches: '^image-test-' } }
`,
    )
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(ran.exitCode).toBe(0)
    expect(byName(ran, 'refused').outcome).toBe('xfailed')
    expect(byName(ran, 'refused at all')).toMatchObject({ outcome: 'xpassed', gating: false })
    expect(byName(ran, 'hangs')).toMatchObject({ outcome: 'failed', attempts: [{ kind: 'timed-out', killed: true }] })
    expect(byName(ran, 'hangs').location).toMatchObject({ file: 'job.yml', line: 20 })
    expect(ran.result.counts).toMatchObject({ warned: 2, failed: 0 })
    expect(ran.result.machines[0]?.boots.map(({ reason, outcome }) => `${reason} ${outcome}`)).toEqual(['first ready', 'reboot ready'])
    expect(ran.result.machines[0]?.os).toMatchObject({ id: 'tiny-linux' })
    expect(ran.left).toEqual([])
    expect(ran.peakMegabytes).toBeLessThan(150)
  })

  it('boots under UEFI as well', async () => {
    const ran = await runCli([...small, '--image', tiny, '--firmware', 'uefi', '--commands', 'test -d /sys/firmware/efi'])
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(ran.result.machines[0]?.firmware).toBe('uefi')
  })

  it('runs tests with sh where the guest has no bash', async () => {
    const ran = await runCli([...small, '--image', await guest('tiny-sh'), '--commands', 'test -z "$BASH_VERSION"'])
    expect(ran.result.outcome, explain(ran)).toBe('passed')
  })
})

describe('the image', () => {
  it('is left as it was, and the report proves it', async () => {
    const before = statSync(tiny, { bigint: true })
    const digest = createHash('sha256').update(readFileSync(tiny)).digest('hex')
    const ran = await runCli([...small, '--image', tiny, '--commands', 'sudo dd if=/dev/zero of=/written bs=1M count=4 && sync'])
    expect(ran.result.machines[0]?.image).toMatchObject({ sha256: digest, unchanged: true })
    const after = statSync(tiny, { bigint: true })
    expect([after.ino, after.size, after.mtimeNs, after.ctimeNs]).toEqual([before.ino, before.size, before.mtimeNs, before.ctimeNs])
    expect(createHash('sha256').update(readFileSync(tiny)).digest('hex')).toBe(digest)
  })

  it('is downloaded, verified and unpacked as a stream, booted, and kept for the next job', async () => {
    const folder = home()
    const raw = join(folder, 'tiny.raw')
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', tiny, raw])
    execFileSync('xz', ['-1', '-T0', raw])
    const packed = readFileSync(`${raw}.xz`)
    const server = await startServer()
    const url = server.put('/tiny.raw.xz', packed)
    const checksum = createHash('sha256').update(packed).digest('hex')
    const job = [...small, '--image', url, '--checksum', checksum, '--cache', '--commands', 'true']
    const ran = await runCli(job, undefined, folder)
    await server.close()
    expect(ran.result.outcome, explain(ran)).toBe('passed')
    expect(ran.result.machines[0]?.image).toMatchObject({ fetchedSha256: checksum, verified: 'checksum', format: 'raw', unchanged: true })
    expect(ran.left).toEqual([])
    expect(ran.peakMegabytes).toBeLessThan(150)

    // Nothing serves it any more.
    const again = await runCli(job, undefined, folder)
    expect(again.result.outcome, explain(again)).toBe('passed')
    expect(again.result.machines[0]?.image).toMatchObject({ ...ran.result.machines[0]?.image, cached: true })
    expect(again.left).toEqual([])
    const env = { PATH: process.env.PATH, HOME: folder }
    const cleaned = execFileSync(process.execPath, ['dist/cli/index.js', 'clean', '--cache'], { env, encoding: 'utf8' })
    expect(cleaned).toContain(`${join(folder, '.cache/image-test/images')}: 1 image removed`)
  })

  it('is refused before any tool opens it when its header names another file', async () => {
    const folder = home()
    writeFileSync(join(folder, 'secret'), 'secret')
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(folder, 'secret'), '-F', 'raw', join(folder, 'evil.qcow2'), '1M'])
    const ran = await runCli([...small, '--image', 'evil.qcow2', '--commands', 'true'], undefined, folder)
    expect(ran.result).toMatchObject({ outcome: 'image-error' })
    expect(ran.result.message).toContain('backing file')
    expect(ran.exitCode).toBe(3)
  })
})

describe('a boot that fails', () => {
  it('can be repeated elsewhere with the command that the report gives', async () => {
    const panic = await guest('panic')
    const checkout = (): string => {
      const folder = home()
      symlinkSync(panic, join(folder, 'image.qcow2'))
      writeFileSync(join(folder, 'job.yml'), `tests:\n  - run: echo "it's up"\n`)
      return folder
    }
    const here = await runCli(
      [...small, '--image', 'image.qcow2', '--boot-timeout', '2m'],
      readFileSync(join(checkout(), 'job.yml'), 'utf8'),
      checkout(),
    )
    expect(here.result, explain(here)).toMatchObject({ outcome: 'boot-failed', stage: 'kernel' })
    const { replay = '' } = here.result
    expect(readFileSync(join(here.reportDir, 'summary.md'), 'utf8')).toContain(replay)

    // Another machine: the command is installed, the repository is checked out, and nothing of the first run is there.
    const elsewhere = checkout()
    const bin = join(home(), 'bin')
    mkdirSync(bin)
    symlinkSync(resolve('dist/cli/index.js'), join(bin, 'image-test'))
    const env = { HOME: home(), PATH: `${bin}:${process.env.PATH ?? ''}` }
    const { status } = spawnSync('bash', ['-c', replay], { cwd: elsewhere, env, encoding: 'utf8' })
    expect(status).toBe(4)
    const there = JSON.parse(readFileSync(join(elsewhere, 'image-test-report/results.json'), 'utf8')) as RunResult
    expect(there).toMatchObject({ outcome: 'boot-failed', stage: 'kernel', message: here.result.message })
  })
})

describe('the report folder', () => {
  it('holds what job.md promises', async () => {
    const ran = await runCli([...small, '--image', tiny, '--commands', 'echo out; echo err >&2; exit 1'])
    expect(ran.exitCode).toBe(1)
    for (const name of ['results.json', 'junit.xml', 'summary.md', 'machines/machine/console.log']) {
      expect(existsSync(join(ran.reportDir, name)), name).toBe(true)
    }
    const [test] = ran.result.tests
    const [attempt] = test?.attempts ?? []
    expect(readFileSync(join(ran.reportDir, attempt?.stdout.file ?? ''), 'utf8')).toBe('out\n')
    expect(readFileSync(join(ran.reportDir, attempt?.stderr.file ?? ''), 'utf8')).toBe('err\n')
    expect(readFileSync(join(ran.reportDir, 'summary.md'), 'utf8')).toContain(basename(tiny))
    expect(readFileSync(join(ran.reportDir, 'machines/machine/console.log'), 'utf8')).toContain('Linux version')
  })
})
