// Headers as an attacker or a broken disk would make them. Nothing may crash, hang, or be accepted that leads to another file.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { weigh } from '../../support/processor-time'
import { identify } from '../../../src/formats/inspect'
import { isRefusal } from '../../../src/formats/headers/refusal'
import { findTruncation } from '../../../src/formats/headers/qcow2-truncated'
import { folder, has, inFolder, prng, qcow2, qemuImg } from '../../support/make'

const maxVirtualBytes = 2 ** 41
const headBytes = 8192

// What must never be true of an accepted image, read again in the plainest way. Independent of the reader under test.
const danger = (head: Buffer): string | undefined => {
  if (head.toString('latin1', 0, 4) !== 'QFI\xfb') return head.toString('latin1', 0, 4) === 'KDMV' ? 'a VMDK' : undefined
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3) return 'version'
  if (head.readBigUInt64BE(8) !== 0n) return 'backing file'
  if (head.readUInt32BE(32) !== 0) return 'encryption'
  if (head.readBigUInt64BE(24) > BigInt(maxVirtualBytes)) return 'size'
  if (version === 3 && (head.readBigUInt64BE(72) & ~0b11001n) !== 0n) return 'incompatible feature'
  let at = version === 3 ? head.readUInt32BE(100) : 72
  for (const end = 2 ** head.readUInt32BE(20); at + 8 <= end;) {
    if (at + 8 > head.length) return 'extensions beyond the head'
    const type = head.readUInt32BE(at)
    if (type === 0) break
    if ([0x44415441, 0xe2792aca, 0x0537be77].includes(type)) return 'extension'
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8
  }
  return undefined
}

const interesting32 = [0, 1, 2, 3, 4, 8, 9, 16, 21, 22, 63, 64, 72, 104, 112, 1023, 1024, 65536, 65537, 0x7fffffff, 0x80000000, 0xffffffff]
const extensionTypes = [0, 0x44415441, 0xe2792aca, 0x6803f857, 0x0537be77, 0x23852875, 0xdeadbeef]

const mutate = (seed: Buffer, random: () => number): Buffer => {
  const head = Buffer.from(seed)
  const pick = <T>(from: readonly T[]): T => from[random() % from.length] as T
  const fields = [
    4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 88, 96, 100, 104, 112, 116, 512, 520, 524, 600, 700,
  ]
  for (let changes = 1 + (random() % 4); changes > 0; changes -= 1) {
    switch (random() % 6) {
      case 0:
        head.writeUInt32BE(pick(interesting32), pick(fields))
        break
      case 1:
        head.writeUInt32LE(pick(interesting32), pick(fields))
        break
      case 2: {
        const at = random() % 160
        head.writeUInt8((head[at] ?? 0) ^ (1 << (random() % 8)), at)
        break
      }
      case 3:
        head.writeUInt8(random() & 0xff, random() % 1024)
        break
      case 4: {
        const at = pick([72, 104, 112, 120, 128])
        head.writeUInt32BE(pick(extensionTypes), at)
        head.writeUInt32BE(random() % 3 === 0 ? random() : random() % 64, at + 4)
        break
      }
      default:
        head.copy(head, random() % 1000, random() % 1000, random() % 1200)
    }
  }
  return random() % 20 === 0 ? head.subarray(0, random() % head.length) : head
}

const seeds = (): readonly (readonly [string, Buffer])[] => {
  const made: [string, Buffer][] = [
    ['by hand', qcow2()],
    ['by hand, version 2', qcow2({ version: 2 })],
    ['by hand, small clusters', qcow2({ clusterBits: 9, virtualBytes: 1024 * 1024 })],
    ['by hand, with extensions', qcow2({ extensions: [{ type: 0x6803f857, data: 'dirty bit' }] })],
  ]
  if (!has('qemu-img')) return made
  const dir = folder()
  for (const [name, ...args] of [
    ['v3.qcow2', '-f', 'qcow2'],
    ['v2.qcow2', '-f', 'qcow2', '-o', 'compat=0.10'],
    ['zstd.qcow2', '-f', 'qcow2', '-o', 'compression_type=zstd'],
    ['extl2.qcow2', '-f', 'qcow2', '-o', 'extended_l2=on'],
    ['sparse.vmdk', '-f', 'vmdk'],
    ['stream.vmdk', '-f', 'vmdk', '-o', 'subformat=streamOptimized'],
    ['disk.vdi', '-f', 'vdi'],
    ['disk.vhdx', '-f', 'vhdx'],
  ] as const) {
    qemuImg('create', '-q', ...args, join(dir, name), '16M')
    made.push([name, readFileSync(join(dir, name))])
  }
  return made
}

it('survives 12,000 headers', async () => {
  const random = prng(20260801)
  const all = seeds()
  const each = Math.ceil(12_000 / all.length)
  const accepted: Buffer[] = []
  const strange: string[] = []
  let tried = 0
  let slowestMs = 0
  for (const [name, bytes] of all) {
    const sound = identify(bytes.subarray(0, headBytes), bytes.subarray(-1024), {
      fileBytes: bytes.length,
      maxVirtualBytes,
      asked: undefined,
    })
    expect(isRefusal(sound), name).toBe(!name.includes('hand') && !name.endsWith('.qcow2'))
    for (let count = 0; count < each; count += 1) {
      const head = mutate(bytes.subarray(0, headBytes), random)
      const circumstances = {
        fileBytes: head.length < headBytes && random() % 2 === 0 ? head.length : bytes.length,
        maxVirtualBytes,
        asked: undefined,
      }
      const examine = async () => {
        const found = identify(head, bytes.subarray(-1024), circumstances)
        if (isRefusal(found) || found.format === 'raw') return { found }
        const whole = Buffer.from(bytes)
        head.copy(whole)
        const readAt = (offset: number, length: number): Promise<Buffer> => Promise.resolve(whole.subarray(offset, offset + length))
        const truncation = await findTruncation(found.header, whole.length, readAt)
        return { found: truncation ?? found, whole }
      }
      let { ms, result } = await weigh(examine)
      // Garbage may have been collected meanwhile.
      for (let again = 0; again < 3 && ms > 50; again += 1) ({ ms, result } = await weigh(examine))
      const { found, whole } = result
      slowestMs = Math.max(slowestMs, ms)
      tried += 1
      if (isRefusal(found)) {
        if (!/^[\x20-\x7e\xa0-\xff…]+$/.test(found.refused)) strange.push(found.refused)
        continue
      }
      const hidden = danger(head)
      if (hidden !== undefined) strange.push(`${name} #${count}: ${hidden}`)
      if (whole !== undefined) accepted.push(whole)
    }
  }
  expect(strange).toEqual([])
  expect(tried).toBeGreaterThanOrEqual(12_000)
  expect(accepted.length).toBeGreaterThan(200) // the mutations are not all so crude that nothing is tested
  expect(slowestMs).toBeLessThan(50)

  // A second opinion on some: QEMU sees no other file either. That it refuses one we accept is no harm.
  if (!has('qemu-img')) return
  for (const image of accepted.filter((_, index) => index % Math.ceil(accepted.length / 25) === 0)) {
    const path = inFolder('disk.qcow2', image)
    try {
      const info = execFileSync('qemu-img', ['info', '--output=json', '-f', 'qcow2', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(info).not.toMatch(/backing-filename|data-file"|"encrypted": true/)
    } catch (error) {
      expect(error).toHaveProperty('status', 1)
    }
  }
})
