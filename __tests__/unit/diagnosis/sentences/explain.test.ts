import { describe, expect, it } from 'vitest'
import { causeOf, explainDeadline, type Deadline, type SshView } from '../../../../src/diagnosis'
import { stages } from '../../../../src/errors'
import { watched } from '../samples'

const ssh: SshView = {
  refused: 0,
  silent: 3,
  banners: 0,
  loginsRefused: [],
  refusal: undefined,
  hostKeyMismatches: 0,
  permanent: undefined,
  last: undefined,
  users: ['fedora'],
}
const explain = (deadline: Partial<Deadline>) =>
  explainDeadline({ stage: 'firmware', findings: [], lastLines: ['x'], waitedMs: 300_000, ssh, ...deadline })

const findingsOf = (text: string) => {
  const { diagnosis, feed, findings } = watched()
  feed(text)
  diagnosis.flush()
  return findings
}

describe('explainDeadline', () => {
  it('has a sentence and a hint for every stage', () => {
    const said = stages.map((stage) => explain({ stage }))
    for (const { message, hint } of said) {
      expect(message).toMatch(/^not ready after 5 min: [^.]+$/)
      expect(hint).toMatch(/^[A-Z].*[.)]$/)
    }
    expect(new Set(said.map(({ message }) => message)).size).toBe(stages.length)
  })

  it('tells a silent console from one that stopped after the firmware', () => {
    expect(explain({ lastLines: [] }).message).toContain('nothing at all was printed on the serial console')
    expect(explain({ lastLines: ['BdsDxe: starting Boot0001'] }).message).toContain('nothing was printed after the firmware')
    expect(explain({ lastLines: [] }).hint).toContain('console=ttyS0')
  })

  it('tells what SSH saw', () => {
    expect(
      explain({ stage: 'login', ssh: { ...ssh, banners: 4, loginsRefused: ['fedora', 'fedora', 'root'], users: ['fedora', 'root'] } }),
    ).toMatchObject({
      message: 'not ready after 5 min: sshd answers, but the login of fedora, root with our key was refused',
      hint: expect.stringContaining('login-user') as string,
    })
    const refusal = 'sshd took the key, but asks for password as well'
    expect(explain({ stage: 'login', ssh: { ...ssh, banners: 4, loginsRefused: ['fedora'], refusal } }).message).toBe(
      `not ready after 5 min: sshd answers, but the login of fedora with our key was refused (${refusal})`,
    )
    expect(explain({ stage: 'sshd', ssh: { ...ssh, banners: 1, hostKeyMismatches: 1 } }).message).toContain('not with the host key')
    expect(explain({ stage: 'sshd', ssh: { ...ssh, banners: 2, last: 'the handshake took too long' } }).message).toBe(
      'not ready after 5 min: sshd answered 2 times, but no login came to its end (the handshake took too long)',
    )
    const permanent = 'sshd and we have no algorithm in common (KEX method): it takes a; we take b'
    expect(explain({ stage: 'sshd', ssh: { ...ssh, banners: 2, permanent } })).toMatchObject({
      message: `not ready after 5 min: ${permanent}`,
      hint: expect.stringContaining('crypto policy') as string,
    })
    expect(explain({ stage: 'login' }).message).toContain('no sshd answered')
  })

  it('names what systemd waits for', () => {
    const waitsFor = (line: string, ...more: readonly string[]): string | undefined => {
      const { diagnosis, feed } = watched()
      feed(['[  OK  ] Started a.service.', line, ...more].join('\n'))
      return diagnosis.notes.waitsFor
    }
    const network = '[  *** ] A start job is running for Wait for Network to be Configured (1min 30s / no limit)'
    expect(waitsFor(network)).toBe('Wait for Network to be Configured')
    expect(waitsFor(network, 'host login: ')).toBeUndefined()
    expect(waitsFor('[***   ] (1 of 2) Job dev-disk-by\\x2dlabel-root.device/start running (2min 9s / no limit)')).toBe(
      '/dev/disk/by-label/root',
    )
    expect(waitsFor('rest of a line[   ***] otter systemd[1]: Job sshd.service/start running (9s / 1min 30s)')).toBe('sshd.service')
    const notes = { waitsFor: 'Wait for Network to be Configured', lastUnit: undefined, cardDown: undefined, work: undefined }
    expect(explain({ stage: 'init', notes }).message).toContain('systemd was waiting for “Wait for Network to be Configured”')
  })

  it('puts an earlier finding that explains it into the words, the hint and the excerpt', () => {
    const findings = findingsOf(
      '[   25.1] cloud-init[800]: Cloud-init v. 25.1.4 finished at Sun. Datasource DataSourceNone.  Up 25.09 seconds\n',
    )
    const said = explain({ stage: 'cloud-init', findings, ssh: { ...ssh, banners: 3, loginsRefused: ['fedora'] }, waitedMs: 90_000 })
    expect(said.message).toMatch(/^not ready after 90 s: sshd answers, but .*; before that, cloud-init did not take our seed/)
    expect(said.hint).toContain('datasource_list')
    expect(said.excerpt).toMatch(/^\[ {3}25\.1\][^]*\n…\nx$/)
  })

  it('keeps its own hint when the finding belongs to another stage', () => {
    const findings = findingsOf('[ TIME ] Timed out waiting for device dev-vdb1.device - /dev/vdb1.\n')
    expect(explain({ stage: 'sshd', findings }).hint).toContain('Check that sshd')
    expect(explain({ stage: 'init', findings }).hint).toContain('/etc/fstab')
  })

  it('shows the last twenty lines', () => {
    expect(explain({ lastLines: Array.from({ length: 100 }, (_, index) => `l${index}`) }).excerpt.split('\n')).toHaveLength(20)
  })
})

describe('causeOf', () => {
  it('takes what ended the machine before errors, and nothing that is ignored or of no matter', () => {
    const failed = '[FAILED] Failed to start a.service - A.\n[    1.0] I/O error, dev vda, sector 0 op\n'
    const findings = findingsOf(`${failed}[    1.5] Kernel panic - not syncing: x\n`)
    expect(causeOf(findings)?.rule).toBe('kernel-panic')
    expect(causeOf(findingsOf(failed))?.rule).toBe('io-error')
    expect(causeOf(findingsOf('[    1.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n'))).toBeUndefined()
    expect(causeOf(findings.map((finding) => ({ ...finding, ignored: 'known' })))).toBeUndefined()
  })
})

describe('summaries', () => {
  it.each([
    [
      '[ TIME ] Timed out waiting for device dev-vdb1.device - /dev/vdb1.\nYou are in emergency mode. After logging in\n',
      'systemd gave up and went to emergency mode, after “Timed out waiting for device dev-vdb1.device - /dev/vdb1”',
    ],
    [
      'error: no such device: 12.\nEntering rescue mode...\n',
      'GRUB could not load its own modules and stopped at its rescue prompt, after “no such device: 12”',
    ],
    [
      '[  1.0] dracut-initqueue[405]: Warning: Could not boot.\n[  1.0] dracut-initqueue[405]: Warning: /dev/vda9 does not exist\n',
      'dracut found no root file system, after “Warning: /dev/vda9 does not exist”',
    ],
    [
      '[  3.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000004\n',
      'the kernel panicked: Attempted to kill init! exitcode=0x00000004',
    ],
  ])('%s', (text, summary) => {
    expect(findingsOf(text).at(-1)?.summary).toBe(summary)
  })

  it.each([
    ['Attempted to kill init! exitcode=0x00000004', 'CPU'],
    ['Attempted to kill init! exitcode=0x00007f00', 'libraries'],
    ['Attempted to kill init! exitcode=0x0000000b', 'signal'],
    ['No working init found.  Try passing init= option to kernel.', '/sbin/init'],
    ['System is deadlocked on memory', 'memory'],
    ['sysrq triggered crash', 'sysrq-trigger'],
    ['Fatal exception in interrupt', 'maintainer'],
    ['something new', 'Read the lines before'],
  ])('the panic “%s” has a hint about %s', (words, hint) => {
    expect(findingsOf(`[  3.0] Kernel panic - not syncing: ${words}\n`)[0]?.hint).toContain(hint)
  })
})

it('quotes what the first command of a login said, before what became of other users', () => {
  const noLogin = 'fedora can log in, but not run a command: it ended with 1 and said “Password change required but no TTY available.”'
  const { message, hint } = explain({ stage: 'login', ssh: { ...ssh, banners: 9, loginsRefused: ['root'], noLogin }, waitedMs: 6000 })
  expect(message).toBe(`not ready after 6 s: ${noLogin}`)
  expect(hint).toContain('an expired password')
})
