import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../../src/lib/process'
import { confined } from '../../../src/lib/confinement'
import { unprivileged } from '../../../src/machines/qemu/identity'

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
      await run({ file: 'chgrp', args: [String(gid), kvm], timeoutMs: 5000 })
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
    const { stdout } = await run({ file, args, timeoutMs: 5000 })
    expect(stdout.replace(/\s+/g, ' ').trim()).toBe('61999 61999 108 1048576 7 0 NoNewPrivs: 1')
  })
})

describe('qemu-img', () => {
  it('is stopped by its limits', async () => {
    const [file = '', ...args] = confined({ addressBytes: 2 ** 30, cpuSeconds: 1 }, ['sh', '-c', 'while :; do :; done'])
    expect(await run({ file, args, timeoutMs: 15_000 })).toMatchObject({ ok: false, timedOut: false, signal: 'SIGKILL' })
  })
})
