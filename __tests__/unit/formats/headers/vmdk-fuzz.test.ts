// VMDK headers and descriptors as an attacker or a broken disk would make them, for the reader that qemu-img follows.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { leastProcessorMs } from '../../../support/processor-time'
import { isRefusal } from '../../../../src/formats/headers/refusal'
import { readVmdk } from '../../../../src/formats/headers/vmdk'
import { folder, has, inFolder, prng, qemuImg, rawDisk } from '../../../support/make'

const maxVirtualBytes = 2 ** 41
const sector = 512
const mostMs = 50

// What must never be true of an accepted one, read again in the plainest way. Independent of the reader under test.
const danger = (head: Buffer, tail: Buffer): string | undefined => {
  const seen = head.toString('latin1', sector, 21 * sector)
  if (seen.toLowerCase().includes('parentfilenamehint')) return 'parent'
  const text = head.toString('latin1', sector, sector + Number(head.readBigUInt64LE(36)) * sector).split('\0')[0] ?? ''
  if (!/parentCID\s*=\s*"?ffffffff/i.test(text) && /parentCID/i.test(text)) return 'parent by its CID'
  const extents = text.split('\n').filter((line) => /^\s*(RW|RDONLY|NOACCESS)\s/i.test(line))
  if (extents.length !== 1 || !/^\s*\w+\s+\d+\s+SPARSE\s+"[^"/\\]+"/i.test(extents[0] ?? '')) return 'extents'
  if (/(FLAT|ZERO|VMFS|VMFSSPARSE|SESPARSE)\s+"/i.test(text.replace(/^\s*#.*$/gm, ''))) return 'another kind of extent'
  if (head.readBigUInt64LE(12) === 0n || head.readBigUInt64LE(12) * 512n > BigInt(maxVirtualBytes)) return 'size'
  const atEnd = head.readBigUInt64LE(56) === 0xffffffffffffffffn
  if (atEnd && !tail.subarray(0, 56).equals(head.subarray(0, 56))) return 'footer'
  return undefined
}

const interesting = [0n, 1n, 2n, 3n, 7n, 8n, 20n, 21n, 128n, 129n, 512n, 2048n, 0xffffffffn, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n]
const snippets = [
  'parentFileNameHint="/etc/passwd"\n',
  '# parentfilenamehint = x\n',
  'parentCID=00000001\n',
  'RW 1 FLAT "/etc/passwd" 0\n',
  'RW 2048 SPARSE "/etc/passwd"\n',
  'RW 2048 VMFSSPARSE "x.vmdk"\n',
  'createType="vmfs"\n',
  'createType="monolithicFlat"\n',
  'a="'.padEnd(60),
  '\0',
  '\r\n',
  '"',
]

const mutate = (seed: Buffer, random: () => number): Buffer => {
  const head = Buffer.from(seed)
  const pick = <T>(from: readonly T[]): T => from[random() % from.length] as T
  const words = head.toString('latin1', sector, 21 * sector).split('\0')[0]?.length ?? 0
  for (let changes = 1 + (random() % 3); changes > 0; changes -= 1) {
    switch (random() % 7) {
      case 0:
        head.writeBigUInt64LE(pick(interesting), pick([12, 20, 28, 36, 48, 56, 64]))
        break
      case 1:
        head.writeUInt32LE(Number(pick(interesting) & 0xffffffffn), pick([4, 8, 44, 73, 77]))
        break
      case 2: {
        const at = random() % 100
        head.writeUInt8((head[at] ?? 0) ^ (1 << (random() % 8)), at)
        break
      }
      case 3:
        head.writeUInt8(random() & 0xff, sector + (random() % words))
        break
      case 4: // behind the text, with or without a NUL between them
        head.write(pick(snippets), sector + (random() % 2 === 0 ? words : random() % (20 * sector - 100)), 'latin1')
        break
      case 5: {
        const at = sector + (random() % words)
        const rest = Buffer.from(head.subarray(at, sector + words))
        const snippet = pick(snippets)
        head.write(snippet, at, 'latin1')
        rest.copy(head, at + snippet.length)
        break
      }
      default:
        head.copy(head, random() % 1000, random() % 1000, random() % 1200)
    }
  }
  return random() % 20 === 0 ? head.subarray(0, random() % head.length) : head
}

const seeds = (): readonly (readonly [string, Buffer])[] => {
  const dir = folder()
  writeFileSync(join(dir, 'raw'), rawDisk(256 * 1024))
  const made = ['monolithicSparse', 'streamOptimized'].map((format) => {
    const path = join(dir, `${format}.vmdk`)
    qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', `subformat=${format}`, join(dir, 'raw'), path)
    return [format, readFileSync(path)] as const
  })
  const atEnd = made.map(([format, bytes]) => {
    const footed = Buffer.from(bytes)
    footed.fill(0xff, 56, 64)
    return [`${format}, tables at the end`, Buffer.concat([footed, footed.subarray(0, sector), Buffer.alloc(sector)])] as const
  })
  return [...made, ...atEnd]
}

it.runIf(has('qemu-img'))('survives 8,000 VMDK headers', () => {
  const random = prng(20260802)
  const strange: string[] = []
  const accepted: Buffer[] = []
  const all = seeds()
  for (const [name, bytes] of all) {
    const tail = bytes.subarray(-1024)
    const limits = { fileBytes: bytes.length, maxVirtualBytes }
    expect(readVmdk(bytes, tail, limits), name).toEqual({ createType: name.split(',')[0], virtualBytes: 256 * 1024 })
    for (let count = 0; count < 8000 / all.length; count += 1) {
      const head = mutate(bytes, random)
      const found = readVmdk(head, tail, limits)
      const tookMs = leastProcessorMs(mostMs, 3, () => readVmdk(head, tail, limits))
      if (tookMs > mostMs) strange.push(`${name} #${count}: ${tookMs} ms`)
      if (isRefusal(found)) {
        if (!/^[\x20-\x7e\xa0-\xff…]+$/.test(found.refused)) strange.push(found.refused)
        continue
      }
      const hidden = danger(head, tail)
      if (hidden !== undefined) strange.push(`${name} #${count}: ${hidden}`)
      accepted.push(head)
    }
  }
  expect(strange).toEqual([])
  expect(accepted.length).toBeGreaterThan(200) // the mutations are not all so crude that nothing is tested

  // A second opinion on some: QEMU sees no other file either. That it refuses one we accept is no harm.
  for (const image of accepted.filter((_, index) => index % Math.ceil(accepted.length / 20) === 0)) {
    const path = inFolder('disk.vmdk', image)
    try {
      const info = execFileSync('qemu-img', ['info', '--output=json', '-f', 'vmdk', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(info).not.toMatch(/backing-filename|passwd/)
    } catch (error) {
      expect(error).toHaveProperty('status', 1)
    }
  }
})
