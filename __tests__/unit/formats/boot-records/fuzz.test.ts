// Partition tables, file systems and qcow2 tables as an attacker or a broken disk would make them. Nothing may throw, hang or take much.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { weigh } from '../../../support/processor-time'
import { readBootRecords } from '../../../../src/formats/boot-records'
import { folder, prng, qcow2, qemuImg } from '../../../support/make'
import { makeDisk } from './disks'

const virtualBytes = 72 * 1024 * 1024
const interesting = [0, 1, 2, 3, 0x7f, 0x80, 0xee, 0xef, 0xff, 0x200, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

// Where what is read lies: the boot sector, the GPT, the boot sector of the FAT, its tables and folders.
const places = { raw: [0, 446, 512, 1024, 2_097_152, 2_097_152 + 11, 2_097_664, 2_100_000, 2_230_000], qcow2: [0, 65_536 * 3, 65_536 * 4] }

it('survives 12,000 disks', async () => {
  const dir = folder()
  const raw = makeDisk({ bootCode: 'GRUB', esp: ['BOOTX64.EFI'] }, dir)
  const seeds: (readonly [string, 'raw' | 'qcow2', Buffer])[] = [['raw', 'raw', readFileSync(raw)]]
  for (const [name, ...options] of [
    ['plain'],
    ['packed', '-c'],
    ['small', '-o', 'cluster_size=512'],
    ['extended', '-o', 'extended_l2=on'],
  ] as const) {
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, `${dir}/${name}.qcow2`)
    seeds.push([name, 'qcow2', readFileSync(`${dir}/${name}.qcow2`)])
  }
  execFileSync('rm', [raw])
  seeds.push(['empty', 'qcow2', qcow2({ virtualBytes })])
  const random = prng(20261126)
  const pick = <T>(from: readonly T[]): T => from[random() % from.length] as T
  let slowestMs = 0
  let largestRead = 0
  let differing = 0
  for (const [name, format, seed] of seeds) {
    const bytes = Buffer.from(seed)
    const file = {
      bytes: bytes.length,
      readAt: (offset: number, length: number) => {
        largestRead = Math.max(largestRead, length)
        return Promise.resolve(bytes.subarray(offset, offset + length))
      },
    }
    const sound = JSON.stringify(await readBootRecords(file, { format, virtualBytes }))
    expect(sound, name).toContain(name === 'empty' ? '"esp":false' : '"uefi":["x86_64"]')
    for (let count = 0; count < 12_000 / seeds.length; count += 1) {
      const undo: (readonly [number, number])[] = []
      for (let changes = 1 + (random() % 5); changes > 0; changes -= 1) {
        const start = random() % 3 === 0 ? random() % Math.min(bytes.length, 3_000_000) : pick(places[format]) + (random() % 600)
        const value = random() % 2 === 0 ? pick(interesting) : random()
        for (let byte = 0; byte < 1 + (random() % 4); byte += 1) {
          if (start + byte >= bytes.length) break
          undo.push([start + byte, bytes[start + byte] ?? 0])
          bytes[start + byte] = (value >>> (8 * byte)) & 0xff
        }
      }
      const { ms, result: found } = await weigh(() => readBootRecords(file, { format, virtualBytes }))
      slowestMs = Math.max(slowestMs, ms)
      if (JSON.stringify(found) !== sound) differing += 1
      for (const [at, byte] of undo.reverse()) bytes[at] = byte
    }
  }
  expect(differing).toBeGreaterThan(500) // the mutations reach what is read
  expect(largestRead).toBeLessThanOrEqual(2 * 1024 * 1024)
  expect(slowestMs).toBeLessThan(1000)
})
