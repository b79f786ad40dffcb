import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readBounded } from '../../../../src/host/files/read-bounded'

const dir = mkdtempSync(join(tmpdir(), 'read-bounded-'))

it.each([0, 1, 99, 100])('reads a file of %i bytes whole', async (bytes) => {
  const path = join(dir, 'file')
  writeFileSync(path, 'x'.repeat(bytes))
  expect(String(await readBounded(path, 100))).toBe('x'.repeat(bytes))
})

it('reads no more than it may, also of what does not tell its size', async () => {
  const path = join(dir, 'large')
  writeFileSync(path, 'x'.repeat(101))
  expect(await readBounded(path, 100)).toBe('too large')
  expect(await readBounded('/proc/self/smaps', 100)).toBe('too large') // 0 bytes, it says
})

it('does not wait for whoever writes to a pipe, nor read a device or a folder', async () => {
  const pipe = join(dir, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const path of [pipe, '/dev/zero', dir]) expect(await readBounded(path, 100)).toBe('not a file')
})

it('throws what the system says', async () => {
  await expect(readBounded(join(dir, 'missing'), 100)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('looks at where the opened file lies, whatever its name led to before', async () => {
  const path = join(dir, 'inside')
  symlinkSync('/etc/hostname', path)
  expect(await readBounded(path, 1000, (real) => real.startsWith(realpathSync(dir)))).toBe('elsewhere')
})
