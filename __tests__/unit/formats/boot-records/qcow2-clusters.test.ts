import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { qcow2Clusters } from '../../../../src/formats/boot-records/qcow2-clusters'
import { openDiskFile } from '../../../../src/formats/disk-file'
import { readQcow2 } from '../../../../src/formats/headers/qcow2'
import { isRefusal } from '../../../../src/formats/headers/refusal'
import { folder, inFolder, noise, prng, qemuImg } from '../../../support/make'

const bytes = 8 * 1024 * 1024

// Noise, text that packs well, and holes.
const content = (): Buffer => {
  const disk = Buffer.alloc(bytes)
  noise(300_000).copy(disk, 4096)
  disk.fill('the quick brown fox ', 1_000_000, 1_400_000)
  noise(50_000, 2).copy(disk, bytes - 50_000)
  return disk
}

it.each([
  [],
  ['-o', 'compat=0.10'],
  ['-o', 'cluster_size=512'],
  ['-o', 'extended_l2=on'],
  ['-c'],
  ['-c', '-o', 'cluster_size=2M'],
  ['-c', '-o', 'compression_type=zstd'],
  ['-c', '-o', 'compression_type=zstd,cluster_size=2M'],
])('reads what qemu-img wrote: %s %s %s', async (...options) => {
  const dir = folder()
  const disk = content()
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...options, inFolder('disk.raw', disk, dir), join(dir, 'disk.qcow2'))
  // Zeros that are written, not left out, have a mark of their own.
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -z 1000k 64k', join(dir, 'disk.qcow2')], { stdio: 'ignore' })
  disk.fill(0, 1000 * 1024, 1064 * 1024)
  const file = await openDiskFile(join(dir, 'disk.qcow2'))
  const header = readQcow2(await file.readAt(0, 1024 * 1024), { fileBytes: file.bytes, maxVirtualBytes: 2 ** 41 })
  if (isRefusal(header)) throw new Error(header.refused)
  const read = qcow2Clusters(header, file.readAt)
  const random = prng(7)
  for (let count = 0; count < 60; count += 1) {
    const [at, length] = [random() % bytes, random() % 200_000]
    expect((await read(at, length)).equals(disk.subarray(at, at + length)), `${length} bytes at ${at}`).toBe(true)
  }
  expect(await read(bytes + 5, 10)).toHaveLength(0)
  expect(readFileSync(join(dir, 'disk.qcow2')).length).toBe(file.bytes)
})
