import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tryLock, waitLock, type Lock } from '../../../src/host/file-lock'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(dir, 'file')
  writeFileSync(path, '', { mode: 0o444 })
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const { signal } = new AbortController()

describe('a lock on a file', () => {
  it('stands alone when it is exclusive', async () => {
    const first = await tryLock({ path, mode: 'exclusive', signal })
    expect(first).toBeDefined()
    expect(await tryLock({ path, mode: 'exclusive', signal })).toBeUndefined()
    expect(await tryLock({ path, mode: 'shared', signal })).toBeUndefined()
    await first?.release()
    const second = await tryLock({ path, mode: 'exclusive', signal })
    expect(second).toBeDefined()
    await second?.release()
  })

  it('is shared by many, and nobody has it alone meanwhile', async () => {
    const many = [await tryLock({ path, mode: 'shared', signal }), await tryLock({ path, mode: 'shared', signal })]
    expect(many.every((lock) => lock !== undefined)).toBe(true)
    expect(await tryLock({ path, mode: 'exclusive', signal })).toBeUndefined()
    for (const lock of many) await lock?.release()
    const alone = await tryLock({ path, mode: 'exclusive', signal })
    expect(alone).toBeDefined()
    await alone?.release()
  })

  it('is waited for, which is told', async () => {
    const first = await tryLock({ path, mode: 'exclusive', signal })
    const order: string[] = []
    let second: Promise<Lock> | undefined
    await new Promise<void>((resolve) => {
      second = waitLock({ path, mode: 'exclusive', signal }, () => {
        order.push('waiting')
        resolve()
      })
    })
    order.push('released')
    await first?.release()
    const held = await second
    order.push('held')
    await held?.release()
    expect(order).toEqual(['waiting', 'released', 'held'])
  })

  it('is waited for no longer than the signal allows', async () => {
    const first = await tryLock({ path, mode: 'exclusive', signal })
    const controller = new AbortController()
    const pending = waitLock({ path, mode: 'exclusive', signal: controller.signal }, () => {
      controller.abort(new Error('cancelled'))
    })
    await expect(pending).rejects.toThrow('cancelled')
    await first?.release()
    // Whoever waited is gone and takes nothing later.
    const next = await tryLock({ path, mode: 'exclusive', signal })
    expect(next).toBeDefined()
    await next?.release()
  })

  it('needs the file', async () => {
    await expect(tryLock({ path: join(dir, 'no', 'file'), mode: 'shared', signal })).rejects.toThrow(/cannot be locked: .*no such file/)
  })
})

describe('what is no file', () => {
  it.each<[string, (at: string) => void]>([
    ['nothing', () => undefined],
    [
      'a link to nothing',
      (at) => {
        symlinkSync(join(dir, 'elsewhere'), at)
      },
    ],
    [
      'a link to a file',
      (at) => {
        symlinkSync(path, at)
      },
    ],
    ['a pipe', (at) => execFileSync('mkfifo', [at])],
  ])('is not locked, made nor waited for: %s', async (_, lay) => {
    const at = join(dir, 'at')
    lay(at)
    const before = readdirSync(dir)
    await expect(tryLock({ path: at, mode: 'exclusive', signal: AbortSignal.timeout(20_000) })).rejects.toThrow(at)
    expect(readdirSync(dir)).toEqual(before)
  })
})
