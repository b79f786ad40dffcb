import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from '../../../src/host/process'
import { qemuImg } from '../../../src/host/qemu-img'
import { confined } from '../../../src/host/confinement'
import { unprivileged } from '../../../src/host/identity'

const folder = mkdtempSync(join(tmpdir(), 'identity-'))
chmodSync(folder, 0o755)
const closed = join(folder, 'closed')
mkdirSync(closed, { mode: 0o700 })
const inClosed = join(closed, 'program')
for (const path of [join(folder, 'kvm'), inClosed]) writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 })
const kvm = join(folder, 'kvm')

// Who is not root cannot become somebody else, and is not asked to.
describe.runIf(process.getuid?.() === 0)('as whom QEMU runs when we are root', () => {
  const choose = (given: Partial<Parameters<typeof unprivileged>[0]> = {}) =>
    unprivileged({ programs: ['sh'], files: [], kvm: undefined, ...given })

  it('is a user that owns nothing, and another one each time', async () => {
    const chosen = await Promise.all(Array.from({ length: 8 }, () => choose()))
    for (const as of chosen) {
      expect(as).toMatchObject({ gid: as?.uid, groups: [] })
      expect(as?.uid).toBeGreaterThanOrEqual(61184)
      expect(as?.uid).toBeLessThanOrEqual(65519)
    }
    expect(new Set(chosen.map((as) => as?.uid)).size).toBeGreaterThan(1)
  })

  it('is ourselves where such a user could not do what is needed', async () => {
    expect(await choose({ programs: [inClosed] })).toBeUndefined()
    expect(await choose({ programs: ['no-such-program'] })).toBeUndefined()
    expect(await choose({ files: [inClosed] })).toBeUndefined()
    expect(await choose({ ourUid: 1000 })).toBeUndefined()
  })

  it('is in the group that opens /dev/kvm, and ourselves when none does', async () => {
    const forMode = async (mode: number, gid: number) => {
      chmodSync(kvm, mode)
      await run({ file: 'chgrp', args: [String(gid), kvm], timeoutMs: 600_000 })
      return choose({ kvm })
    }
    expect(await forMode(0o666, 0)).toMatchObject({ groups: [] })
    expect(await forMode(0o660, 108)).toMatchObject({ groups: [108] })
    expect(await forMode(0o660, 0)).toBeUndefined()
    expect(await forMode(0o600, 108)).toBeUndefined()
  })

  it('starts a program so', async () => {
    const as = { uid: 61999, gid: 61999, groups: [108] }
    const [file = '', ...args] = confined({ as, addressBytes: 2 ** 30, cpuSeconds: 7 }, [
      'sh',
      '-c',
      'id -u; id -G; ulimit -v; ulimit -t; ulimit -c; grep NoNewPrivs /proc/self/status',
    ])
    const { stdout } = await run({ file, args, timeoutMs: 600_000 })
    expect(stdout.replace(/\s+/g, ' ').trim()).toBe('61999 61999 108 1048576 7 0 NoNewPrivs: 1')
  })

  it.runIf(process.getuid?.() === 0)('starts a program of root without the capabilities of root, unless it keeps them', async () => {
    const capabilities = async (keepsCapabilities: boolean): Promise<string> => {
      const [file = '', ...args] = confined({ keepsCapabilities }, ['sed', '-n', '/^Cap[PE]/p', '/proc/self/status'])
      return (await run({ file, args, timeoutMs: 600_000 })).stdout.replace(/\s+/g, ' ')
    }
    expect(await capabilities(false)).toBe('CapPrm: 0000000000000000 CapEff: 0000000000000000 ')
    expect(await capabilities(true)).not.toContain(' 0000000000000000')
  })

  it.runIf(process.getuid?.() === 0)('leaves them where root may not drop them, as in some containers', async () => {
    const script = ['node_modules/.bin/vite-node', join(import.meta.dirname, 'confined-command.ts')]
    const command = async (...before: readonly string[]): Promise<string> =>
      (await run({ file: 'setpriv', args: [...before, ...script], timeoutMs: 600_000 })).stdout
    expect(await command()).toContain(' --bounding-set=-all ')
    expect(await command('--bounding-set=-setpcap')).toBe('setpriv --no-new-privs -- prlimit --core=0 -- true')
  })
})

describe('qemu-img', () => {
  const path = process.env.PATH
  afterEach(() => {
    process.env.PATH = path
  })

  it('gets limits, and no new privileges', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'identity-bin-'))
    writeFileSync(join(bin, 'qemu-img'), '#!/bin/sh\necho "$@"; ulimit -v; ulimit -t; grep NoNewPrivs /proc/self/status\n', { mode: 0o755 })
    process.env.PATH = `${bin}:${path ?? ''}`
    const { stdout } = await qemuImg({ args: ['info', '-f', 'raw'], timeoutMs: 600_000, signal: new AbortController().signal })
    expect(stdout.replace(/\s+/g, ' ').trim()).toBe('info -f raw 1048576 600 NoNewPrivs: 1')
  })

  it('does its work within them', async () => {
    const request = { timeoutMs: 600_000, signal: new AbortController().signal, cwd: mkdtempSync(join(tmpdir(), 'identity-work-')) }
    expect(await qemuImg({ ...request, args: ['create', '-q', '-f', 'qcow2', 'a.qcow2', '100G'] })).toMatchObject({ ok: true })
    const convert = ['convert', '-f', 'qcow2', '-O', 'qcow2', '-c', 'a.qcow2', 'b.qcow2']
    expect(await qemuImg({ ...request, args: convert })).toMatchObject({ ok: true, stderr: '' })
  })

  it('is ended at its limit of time, by a signal that tells so', async () => {
    const [file = '', ...args] = confined({ addressBytes: 2 ** 30, cpuSeconds: 1 }, ['sh', '-c', 'while :; do :; done'])
    expect(await run({ file, args, timeoutMs: 600_000 })).toMatchObject({ ok: false, timedOut: false, signal: 'SIGXCPU' })
  })
})
