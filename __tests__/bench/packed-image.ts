// The same disk on every machine: a third of it free, a third that packs like programs and texts, a third that was packed already.
import { execFileSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const MiB = 1024 * 1024
const extentBytes = 256 * 1024

export type Blocks = 'many blocks' | 'one block'

// Makes the image when it is first needed and returns the path of the packed file.
export const packedImage = (mebibytes: number, blocks: Blocks): string => {
  const dir = join(homedir(), '.cache', 'image-test', 'bench')
  const disk = join(dir, `disk-${mebibytes}.raw`)
  const packed = join(dir, `disk-${mebibytes}-${blocks.replace(' ', '-')}.raw.xz`)
  mkdirSync(dir, { recursive: true })
  if (!existsSync(disk)) writeDisk(disk, mebibytes)
  if (!existsSync(packed)) {
    // 24 MiB is what `xz -T0` makes of its own, at the usual level.
    const how = blocks === 'many blocks' ? ['-T0', '--block-size=24MiB'] : ['-T1']
    execFileSync('sh', ['-c', 'xz -1 -k -c "$@" > "$0.part"', packed, ...how, disk])
    renameSync(`${packed}.part`, packed)
  }
  return packed
}

const writeDisk = (path: string, mebibytes: number): void => {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16))
  const free = Buffer.alloc(extentBytes)
  const words = Array.from({ length: 4096 }, (_, index) => stream.update(free.subarray(0, 2 + (index % 14))))
  const extents = {
    free: () => free,
    text: () => text(words, stream.update(free)),
    noise: () => stream.update(free),
  }
  const first = extents.text()
  first.writeUInt16LE(0xaa55, 510) // a boot sector
  const file = openSync(`${path}.part`, 'w')
  writeSync(file, first)
  for (let extent = 1; extent < (mebibytes * MiB) / extentBytes; extent += 1) {
    const kind = (['free', 'text', 'noise'] as const)[(stream.update(free.subarray(0, 1))[0] ?? 0) % 3] ?? 'free'
    writeSync(file, extents[kind]())
  }
  closeSync(file)
  renameSync(`${path}.part`, path)
}

// Few words often, most seldom, as in languages and machine code.
const text = (words: readonly Buffer[], random: Buffer): Buffer => {
  const bytes = Buffer.alloc(extentBytes)
  for (let at = 0, chosen = 0; at < bytes.length; chosen += 2) {
    const rank = Math.floor(words.length * (random.readUInt16LE(chosen) / 2 ** 16) ** 3)
    at += (words[rank] ?? bytes).copy(bytes, at)
  }
  return bytes
}
