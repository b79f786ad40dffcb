import { existsSync } from 'node:fs'
import { ensurePackages, missingPrograms } from '../../src/host/packages'
import { cacheFolder, obtain } from './cache'
import { recipesIn } from './recipes'

export const recipes = recipesIn(import.meta.dirname)

// The path of a guest's image, a qcow2 file that nobody may write to. Builds it when the cache does not hold it.
export const guest = async (name: string): Promise<string> => {
  await ensurePackages({
    missing: () => [...missingPrograms(tools), ...(existsSync(headers) ? [] : [headers])],
    packages,
    elsewhere: 'Guests are built on Debian or Ubuntu.',
    signal: new AbortController().signal,
    onProgress,
  })
  return obtain({ name, recipes, folder: cacheFolder(), onProgress, asRoot: process.getuid?.() === 0 ? [] : ['fakeroot', '--'] })
}

const tools = 'mmdebstrap grub-mkimage mformat mke2fs sfdisk qemu-img lz4 cpio gcc modprobe fakeroot flock busybox'.split(' ')
const headers = '/usr/include/stdlib.h'
const packages =
  'mmdebstrap grub-common mtools e2fsprogs fdisk qemu-utils lz4 cpio gcc libc6-dev kmod fakeroot util-linux busybox debian-archive-keyring'.split(
    ' ',
  )

const onProgress = (text: string): void => {
  process.stderr.write(`guest: ${text}\n`)
}
