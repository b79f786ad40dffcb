// What docs/security.md says of limits is what the code has.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { maxEntries } from '../../../src/guest/journal'
import { defaultLimits } from '../../../src/images/limits'
import { storedBytes } from '../../../src/host/files/capture'
import { limitsMs } from '../../../src/lib/guarded-search'
import { mostHeld } from '../../../src/lib/redaction/redact'
import { screenBytes } from '../../../src/machines/qemu/machine'
import { usualLiveChars } from '../../../src/report/reporters/log'
import { summaryBudgetBytes } from '../../../src/report/summary/summary'

const text = readFileSync('docs/security.md', 'utf8').replace(/\s+/g, ' ')
const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const [firstMs = NaN, secondMs = NaN] = limitsMs

it.each([
  `Unpacked at most ${defaultLimits.unpackedBytes / GiB} GiB`,
  `${defaultLimits.reserveBytes / GiB} GiB of the disk left free`,
  `a disk of at most ${defaultLimits.virtualBytes / GiB / 1024} TiB`,
  `a local file of more than ${defaultLimits.hashAtOnceBytes / MiB} MiB is hashed while it boots`,
  `${storedBytes / MiB} MiB of each output, console and journal are stored`,
  `${usualLiveChars.perGroup / KiB} KiB of each test or phase and ${usualLiveChars.inAll / MiB} MiB of all appear in the log`,
  `${summaryBudgetBytes / KiB} KiB in the summary`,
  `the last ${maxEntries.toLocaleString('en')} entries are read`,
  `It gets ${firstMs / 1000} s, and another ${secondMs === 1000 ? 'second' : ''} if that was too little`,
  `of at most ${screenBytes / MiB} MiB, and a PNG`,
  `more than ${mostHeld / KiB} KiB of that stand inside`,
])('%s', (limit) => {
  expect(text).toContain(limit)
})
