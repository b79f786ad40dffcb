// Partitioned disks, made with the tools that images are made with.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from '../../../support/make'

const MiB = 1024 * 1024

export interface DiskParts {
  readonly label?: 'dos' | 'gpt'
  readonly bootCode?: string | Buffer // of the first sector
  readonly biosBoot?: boolean
  readonly esp?: readonly string[] // what lies in EFI/BOOT; absent: no such partition
  readonly fat?: readonly string[] // options of mformat
  readonly active?: boolean
  readonly sectorBytes?: 512 | 4096
}

// The path of a raw disk of 72 MiB whose second partition is the ESP, at 2 MiB.
export const makeDisk = (
  { label = 'gpt', bootCode = '', biosBoot = false, esp, fat = [], active = false, sectorBytes = 512 }: DiskParts,
  dir = folder(),
): string => {
  const path = join(dir, 'disk.raw')
  writeFileSync(path, '')
  truncateSync(path, 72 * MiB)
  const first =
    label === 'dos'
      ? `start=1MiB, size=1MiB, type=83${active ? ', bootable' : ''}`
      : `start=1MiB, size=1MiB, type=${biosBoot ? '21686148-6449-6E6F-744E-656564454649' : 'L'}`
  const second = esp === undefined ? 'start=2MiB, size=66MiB, type=L' : `start=2MiB, size=66MiB, type=${label === 'dos' ? 'ef' : 'U'}`
  execFileSync('sfdisk', ['--quiet', path], { input: `label: ${label}\n${first}\n${second}\n` })
  const fd = openSync(path, 'r+')
  if (sectorBytes === 4096) enlargeSectors(fd)
  if (esp !== undefined) writeSync(fd, makeFat(esp, fat, dir), 0, undefined, 2 * MiB)
  const code = Buffer.from(bootCode)
  writeSync(fd, code, 0, Math.min(code.length, 440), 0)
  closeSync(fd)
  return path
}

// Moves a GPT for sectors of 512 bytes to where one for sectors of 4096 bytes has it. No device of such sectors is there to run sfdisk on.
const enlargeSectors = (fd: number): void => {
  const [header, table] = [Buffer.alloc(92), Buffer.alloc(128 * 128)]
  readSync(fd, header, 0, header.length, 512)
  readSync(fd, table, 0, table.length, 1024)
  const eighth = (buffer: Buffer, at: number, end = 0): void => {
    buffer.writeBigUInt64LE((buffer.readBigUInt64LE(at) + BigInt(end)) / 8n - BigInt(end), at)
  }
  for (let at = 0; table.readBigUInt64LE(at + 32) > 0n; at += 128) {
    eighth(table, at + 32)
    eighth(table, at + 40, 1)
  }
  header.writeBigUInt64LE(BigInt((72 * MiB) / 4096 - 1), 32)
  header.writeBigUInt64LE(6n, 40) // after four sectors of entries
  header.writeBigUInt64LE(BigInt((72 * MiB) / 4096 - 6), 48)
  header.writeUInt32LE(crc32(table), 88)
  header.writeUInt32LE(0, 16)
  header.writeUInt32LE(crc32(header), 16)
  writeSync(fd, Buffer.alloc(64 * 1024), 0, undefined, 512)
  writeSync(fd, header, 0, undefined, 4096)
  writeSync(fd, table, 0, undefined, 8192)
}

const crc32 = (bytes: Buffer): number => {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

const makeFat = (files: readonly string[], options: readonly string[], dir: string): Buffer => {
  const image = join(dir, 'esp.img')
  writeFileSync(image, '')
  truncateSync(image, 66 * MiB)
  execFileSync('mformat', ['-i', image, ...options, '::'])
  execFileSync('mmd', ['-i', image, '::EFI', '::EFI/fedora', '::EFI/BOOT'])
  writeFileSync(join(dir, 'loader'), 'MZ')
  for (const name of ['a-long-name-before-it.txt', ...files])
    execFileSync('mcopy', ['-i', image, join(dir, 'loader'), `::EFI/BOOT/${name}`])
  return readFileSync(image)
}
