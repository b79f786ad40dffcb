import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inFolder, obtain, rawDisk } from '../../support/make'

const disk = rawDisk(3 * 1024 * 1024 + 512)
const sha256 = createHash('sha256').update(disk).digest('hex')
const beside = { limits: { hashAtOnceBytes: 0 } } // as with a file of some size

describe('a local image', () => {
  it('is used where it lies and never written to', async () => {
    const path = inFolder('disk.raw', disk)
    const before = statSync(path, { bigint: true })
    const { disks, proof } = await obtain(path)
    expect(disks[0]?.path).toBe(path)
    expect(await proof()).toEqual({ sha256, unchanged: true })
    expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs: before.mtimeNs, ctimeNs: before.ctimeNs, ino: before.ino })
    expect(readFileSync(path).equals(disk)).toBe(true)
  })

  it('is hashed beside the boot when it is large', async () => {
    const { facts, proof } = await obtain(inFolder('disk.raw', disk), beside)
    expect(facts.sha256).toBeUndefined()
    expect(facts.fetchedSha256).toBeUndefined()
    expect(await proof()).toEqual({ sha256, unchanged: true })
    expect(await proof()).toEqual({ sha256, unchanged: true })
  })

  it('is verified beside the boot too', async () => {
    const path = inFolder('disk.raw', disk)
    const sha512 = createHash('sha512').update(disk).digest('hex')
    expect(await (await obtain(path, { ...beside, request: { checksum: sha512 } })).proof()).toEqual({ sha256, unchanged: true })
    const wrong = await obtain(path, { ...beside, request: { checksum: 'a'.repeat(64) } })
    await expect(wrong.proof()).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining(`is ${sha256}, expected aaaa`) as string,
    })
  })

  it.each<[string, (path: string) => void]>([
    [
      'written to',
      (path) => {
        appendFileSync(path, 'x')
      },
    ],
    [
      'written to in place',
      (path) => {
        writeFileSync(path, disk)
      },
    ],
    [
      'exchanged for an equal one',
      (path) => {
        writeFileSync(`${path}.new`, disk)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'removed',
      (path) => {
        rmSync(path)
      },
    ],
    [
      'touched',
      (path) => {
        utimesSync(path, 1, 1)
      },
    ],
    [
      'opened to others',
      (path) => {
        chmodSync(path, 0o777)
      },
    ],
  ])('is not unchanged when it was %s meanwhile', async (_name, change) => {
    const path = inFolder('disk.raw', disk)
    const { proof } = await obtain(path)
    change(path)
    expect(await proof()).toEqual({ sha256, unchanged: false })
  })

  it('is handed on as the file that was inspected, whatever its name leads to by then', async () => {
    const path = inFolder('disk.raw', disk)
    const { disks } = await obtain(path)
    renameSync(path, `${path}.old`)
    symlinkSync('/etc/passwd', path)
    const held = Buffer.alloc(disk.length)
    readSync(disks[0]?.file.fd ?? -1, held, 0, held.length, 0)
    expect(held.equals(disk)).toBe(true)
    expect(await disks[0]?.file.unchanged()).toBe(false)
  })

  it('is still unchanged after it was read', async () => {
    const path = inFolder('disk.raw', disk)
    const { proof } = await obtain(path)
    readFileSync(path)
    expect((await proof()).unchanged).toBe(true)
  })

  it('is not hashed to its end when the run is cancelled', async () => {
    const controller = new AbortController()
    const { proof } = await obtain(inFolder('disk.raw', disk), { ...beside, signal: controller.signal })
    controller.abort(new Error('cancelled'))
    await expect(proof()).rejects.toThrow('cancelled')
  })
})

// proc(5): what this thread has run, in nanoseconds. What others run meanwhile holds up nothing of ours.
const threadMs = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6

it('hashes without holding up everything else', async () => {
  const path = inFolder('disk.raw', Buffer.concat([disk, Buffer.alloc(200 * 1024 * 1024)]))
  const { proof } = await obtain(path, beside)
  let longestMs = 0
  let last = threadMs()
  let turns = 0
  const timer = setInterval(() => {
    const now = threadMs()
    longestMs = Math.max(longestMs, now - last)
    last = now
    turns += 1
  }, 1)
  await proof()
  clearInterval(timer)
  expect(turns).toBeGreaterThan(10)
  expect(longestMs).toBeLessThan(100) // of processor time; a chunk takes one or two
})
