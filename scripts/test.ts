// `npm test`: unit tests, also on the Node of hosted runners, then end-to-end tests on real guests; ends with one line, `N passed, N failed`.
import { node24 } from '../__tests__/node24/setup'
import { ensurePackages, missingPrograms } from '../src/lib/packages'
import { ensureQemu } from '../src/machines/qemu/install'
import { runProjects } from './vitest'

// Unit tests look at images that the real qemu-img makes, and at disks that the real tools partition.
const installing = { signal: new AbortController().signal, onProgress: (text: string) => void process.stderr.write(`${text}\n`) }
await ensureQemu(installing)
await ensurePackages({
  ...installing,
  missing: () => missingPrograms(['sfdisk', 'mformat', 'zstd']),
  packages: ['fdisk', 'mtools', 'zstd'],
  elsewhere: 'Install fdisk, mtools and zstd first.',
})
process.exitCode = runProjects([{ name: 'unit' }, { name: 'unit', node: node24 }, { name: 'e2e' }]) ? 0 : 1
