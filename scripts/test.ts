// `npm test`: unit tests, also on the Node of hosted runners, then end-to-end tests on real guests; ends with one line, `N passed, N failed`.
import { node24 } from '../__tests__/node24/setup'
import { ensurePackages, missingPrograms } from '../src/host/packages'
import { ensureQemu } from '../src/machines/qemu/install'
import { runProjects } from './vitest'

const shells = ['bash', 'busybox', 'dash', 'fish', 'ksh', 'tcsh', 'zsh']

// Unit tests look at images that the real qemu-img makes, at disks that the real tools partition, and at guests with other login shells.
const installing = { signal: new AbortController().signal, onProgress: (text: string) => void process.stderr.write(`${text}\n`) }
await ensureQemu(installing)
await ensurePackages({
  ...installing,
  missing: () => missingPrograms(['sfdisk', 'mformat', 'zstd', 'sudo', 'ssh', ...shells]),
  packages: ['fdisk', 'mtools', 'zstd', 'sudo', 'openssh-client', ...shells],
  elsewhere: `Install fdisk, mtools, zstd, sudo, openssh-client, ${shells.join(', ')} first.`,
})
process.exitCode = (await runProjects([{ name: 'unit' }, { name: 'unit', node: node24 }, { name: 'e2e' }, { name: 'measured' }])) ? 0 : 1
