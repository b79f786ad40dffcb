// Partitioned disks, made with the tools that images are made with.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from '../make'

const MiB = 1024 * 1024

export interface DiskParts {
  readonly label?: 'dos' | 'gpt'
  readonly bootCode?: string | Buffer // of the first sector
  readonly biosBoot?: boolean
  readonly esp?: readonly string[] // what lies in EFI/BOOT; absent: no such partition
  readonly fat?: readonly string[] // options of mformat
  readonly active?: boolean
}

// The path of a raw disk of 72 MiB whose second partition is the ESP, at 2 MiB.
export const makeDisk = (
  { label = 'gpt', bootCode = '', biosBoot = false, esp, fat = [], active = false }: DiskParts,
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
  if (esp !== undefined) writeSync(fd, makeFat(esp, fat, dir), 0, undefined, 2 * MiB)
  const code = Buffer.from(bootCode)
  writeSync(fd, code, 0, Math.min(code.length, 440), 0)
  closeSync(fd)
  return path
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
